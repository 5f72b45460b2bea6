import manifest from "../../package.json" with { type: "json" };

/** The version of this package, not of the wire protocol. */
export const PACKAGE_VERSION: string = manifest.version;
