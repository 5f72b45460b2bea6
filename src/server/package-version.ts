import manifest from "../../package.json" with { type: "json" };

/** The version of this package. The version of the wire protocol is `PROTOCOL_VERSION`. */
export const PACKAGE_VERSION: string = manifest.version;
