import type { ByteSource } from "../http/content/bytes.ts";

/** The files of a web app that was built for the root of a site. */
export interface PageFiles {
  /** Finds a file by its path below the root, such as `assets/root.js`. Undefined for anything else. */
  find(path: string): Promise<PageFile | undefined>;
}

export interface PageFile {
  /** Media type by the name, with its charset. */
  readonly mediaType: string;
  readonly source: ByteSource;
  /** Reads the whole file as UTF-8. */
  text(): Promise<string>;
}
