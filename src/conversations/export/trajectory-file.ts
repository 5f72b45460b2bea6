/** A file of a trajectory. */
export interface TrajectoryFile {
  /** Path from the folder that holds the trajectory, with `/` between its parts. A folder ends in a slash. */
  name: string;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Bytes, or pieces that are as long together as `size` says. Read them before the next file is asked for. */
  content: Uint8Array | { size: number; pieces: AsyncIterable<Uint8Array> };
}
