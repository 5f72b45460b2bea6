import type { FileStatus, WorkspaceFiles } from "../workspace-files.ts";

/** A regular file that is open for reading once. */
export interface OpenFile {
  status: FileStatus;
  /** As many bytes as the status says, whatever happens to the file. */
  pieces: AsyncIterable<Uint8Array>;
  /** Releases the file when its pieces are not read to the end. */
  close(): Promise<void>;
}

/** Bytes of one piece that fills up a file that has shrunk. */
const FILLING = 64 * 1024;

/** Opens a file that is neither a link nor reached by one. undefined when it cannot be read. */
export async function openFile(files: WorkspaceFiles, path: string): Promise<OpenFile | undefined> {
  try {
    const status = await files.stat(path);
    if (status?.type !== "file") return undefined;
    const stream = await files.readStream(path, { offset: 0, length: status.size });
    // Asked once it is open: a link that was put in its place meanwhile leads elsewhere.
    if ((await files.realPath(path)) === path) {
      // A stream that is being read is released by its reader.
      return { status, pieces: ofSize(status.size, stream), close: () => stream.cancel().catch(() => {}) };
    }
    await stream.cancel();
  } catch {
    // It has vanished, or may not be read.
  }
  return undefined;
}

/** Fills a stream that is too short with zeros: the size of an entry stands before its bytes. */
async function* ofSize(size: number, stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = size;
  try {
    for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) {
      left -= piece.length;
      yield piece;
    }
  } catch {
    // What cannot be read any more is filled up like what is gone.
  }
  for (; left > 0; left -= FILLING) yield new Uint8Array(Math.min(left, FILLING));
}
