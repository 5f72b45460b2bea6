/** The type of a path; `other` for pipes, sockets and devices. */
export type FileType = "file" | "directory" | "other";

/** The type, size and age of a path. */
export interface FileStatus {
  /** The type, behind symbolic links. */
  type: FileType;
  /** Permission bits, such as 0o644. Left out by machines that have none. */
  mode?: number;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
}

/** One name in a folder. */
export interface DirectoryEntry {
  /** The name without its folder. */
  name: string;
  /** The type behind a symbolic link; "other" when the link leads nowhere. */
  type: FileType;
  /** Whether the name is a symbolic link. */
  isLink: boolean;
}

/** The entries of a folder, up to a limit. */
export interface DirectoryListing {
  /** Sorted by name, in the order of UTF-16 code units. */
  entries: DirectoryEntry[];
  /** True when the directory has more entries than the limit. */
  truncated: boolean;
}

/** A range of bytes in a file. */
export interface ByteRange {
  /** First byte, from 0. Past the end of the file, nothing is read. Default: 0. */
  offset?: number;
  /** Number of bytes; fewer are read where the file ends. Default: up to the end. */
  length?: number;
}

/** Options of reading a file into memory. */
export interface ReadOptions extends ByteRange {
  /** More bytes than this are `too_large`. Default: 10 MiB. */
  maxBytes?: number;
}

/** Options of writing a file. */
export interface WriteOptions {
  /** Permissions of a new file, before the umask. An existing file keeps its own. Default: 0o666. */
  mode?: number;
}

/** The bytes of a file: text in UTF-8, all at once, or piece by piece. A `ReadableStream` fits. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * The files of a workspace.
 *
 * - Paths are absolute, with `/` between their parts, and name files as commands in the workspace see them. There is
 *   no confinement to the working directory. Symbolic links are followed unless a method says otherwise.
 * - Failures are `WorkspaceError`s.
 * - `read` and `list` hold no more than their bound in memory. `readStream` and `write` pass files of any size
 *   through in pieces.
 */
export interface WorkspaceFiles {
  /** Looks at a path. null when there is nothing, or a link that leads nowhere. */
  stat(path: string): Promise<FileStatus | null>;
  /** Reads a regular file, or a range of it, into memory. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * Opens a regular file, or a range of it, as a stream. Read the stream to its end or cancel it: it holds a
   * descriptor.
   */
  readStream(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /**
   * Puts a file in place whole or not at all: readers see the old content or the new one. Makes missing folders above
   * it. A symbolic link stays a link and its target is written. An existing file keeps its permissions. When `content`
   * throws, the error is passed on and the old file stays. What was
   * written of the new one is removed, on a machine over a network within moments.
   */
  write(path: string, content: FileContent, options?: WriteOptions): Promise<void>;
  /** Lists a folder, without `.` and `..`. Default limit: 1,000 entries. */
  list(path: string, options?: { limit?: number }): Promise<DirectoryListing>;
  /**
   * Makes a folder and those missing above it. A folder that exists is fine. `mode` is for new ones; default: 0o777.
   */
  makeFolder(path: string, options?: { mode?: number }): Promise<void>;
  /** Gives a file or folder another path on the same file system. A file at `to` is replaced in one step. */
  move(from: string, to: string): Promise<void>;
  /** Removes a file or a link, and a folder with everything in it if `recursive` is true. Nothing there is fine. */
  remove(path: string, options?: { recursive?: boolean }): Promise<void>;
  /**
   * Gives the one name of a path: `..` resolved and links followed as far as the path exists, the rest appended.
   * Two paths of one file have the same. Rejects only for an `invalid_path`.
   */
  realPath(path: string): Promise<string>;
  /**
   * Gives the same files as long as they lie in a folder, which is named by its real path. Elsewhere is
   * `permission_denied`, also where a link, or a folder that is replaced by one meanwhile, leads out; `realPath` alone
   * looks everywhere. Left out by machines that look paths up by name only: check a path by `realPath` there.
   */
  within?(folder: string): WorkspaceFiles;
}
