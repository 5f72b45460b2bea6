import { constants } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { absolutePath } from "../../absolute-path.ts";
import type { AuditEvent, AuditSink } from "../../http/access/audit-event.ts";

/** Options of `auditFile`. */
export interface AuditFileOptions {
  /** The file. It is made where it is missing, for the user of the server alone. One file for each server. */
  path: string;
  /** Bytes past which the next file is begun. Default: 16 MiB. */
  maxBytes?: number;
  /** Number of full files that are kept as `PATH.1` and so on, the newest first. Default: 5. */
  keep?: number;
  /** Whether what only reads is written as well when it was allowed. Default: false. */
  reads?: boolean;
}

const MIB = 1024 * 1024;
/** Events that may wait for the disk. Further ones are lost. */
const MAX_WAITING = 10_000;
/** Full files that may be kept. */
const MAX_KEPT = 1_000;
/** For the user of the server alone. */
const MODE = 0o600;
const LINE_END = 0x0a;
/** A link would lead to another file, and may be made by another user. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/**
 * Makes a sink that writes audit events to a file, one JSON object in a line. No request waits for the disk. Where an
 * event cannot be written, the server logs that and goes on, and a line says later how many are missing. A line that the
 * end of a process has cut short stays alone on its line.
 *
 * @throws TypeError for options that are not valid
 */
export function auditFile(options: AuditFileOptions): AuditSink {
  const { reads = false } = options;
  const file = new AuditFile(options);
  const sink = (event: AuditEvent) =>
    event.outcome === "allowed" && event.scope === "read" && !reads ? undefined : file.write(event);
  return Object.assign(sink, { flushed: () => file.flushed() });
}

/** Lines that are written together. */
interface Batch {
  lines: string[];
  written: Promise<void>;
}

class AuditFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  /** The lines that are written next. */
  #next: Batch | undefined;
  /** Settles, and never rejects, when everything is written that came so far. */
  #last: Promise<void> = Promise.resolve();

  constructor({ path, maxBytes = 16 * MIB, keep = 5 }: AuditFileOptions) {
    if (typeof path !== "string" || path === "")
      throw new TypeError("auditFile: path: must be the path of a file");
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
      throw new TypeError("auditFile: maxBytes: must be a whole number above 0");
    if (!Number.isSafeInteger(keep) || keep < 0 || keep > MAX_KEPT)
      throw new TypeError(`auditFile: keep: must be a whole number from 0 to ${MAX_KEPT}`);
    this.#path = absolutePath(path);
    this.#maxBytes = maxBytes;
    this.#keep = keep;
  }

  /** Resolves once the event is in the file. */
  write(event: AuditEvent): Promise<void> {
    const { lines, written } = this.#next ?? this.#begin();
    if (lines.length >= MAX_WAITING) return Promise.reject(new Error("the disk does not keep up"));
    lines.push(`${JSON.stringify(event)}\n`);
    return written;
  }

  flushed(): Promise<void> {
    return this.#last;
  }

  #begin(): Batch {
    const lines: string[] = [];
    const written = this.#last.then(() => {
      this.#next = undefined;
      return this.#append(lines.join(""));
    });
    this.#last = written.catch(() => undefined);
    this.#next = { lines, written };
    return this.#next;
  }

  /** Opens the file each time: programs that rotate files may have moved it. */
  async #append(text: string): Promise<void> {
    if (await this.#isFull()) await this.#rotate();
    const file = await open(this.#path, FLAGS, MODE);
    try {
      const { size, mode } = await regular(file, this.#path);
      if ((mode & 0o777) !== MODE) await file.chmod(MODE);
      await file.appendFile((await isCutShort(file, size)) ? `\n${text}` : text);
    } finally {
      await file.close();
    }
  }

  async #isFull(): Promise<boolean> {
    const { size } = await stat(this.#path).catch(unlessMissing({ size: 0 }));
    return size >= this.#maxBytes;
  }

  async #rotate(): Promise<void> {
    if (this.#keep === 0) return rm(this.#path, { force: true });
    for (let number = this.#keep - 1; number >= 1; number -= 1) {
      await rename(`${this.#path}.${number}`, `${this.#path}.${number + 1}`).catch(unlessMissing(undefined));
    }
    await rename(this.#path, `${this.#path}.1`);
  }
}

async function regular(file: FileHandle, path: string): Promise<{ size: number; mode: number }> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
  return stats;
}

/** Whether the last line has no end: the process that wrote it has ended, or the disk was full. */
async function isCutShort(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== LINE_END;
}

function unlessMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return fallback;
    throw error;
  };
}
