import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { crc32, createDeflateRaw, deflateRaw, deflateRawSync } from "node:zlib";
import { transformed } from "./transformed.ts";
import { centralRecord, dataDescriptor, endRecords, localHeader, type ZipRecord } from "./zip-records.ts";

/** A file, or a folder by a name with a slash at its end, of an archive. */
export interface ZipEntry {
  /** Path with `/` between its parts. */
  name: string;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Bytes in memory, or pieces that are as long together as `size` says. */
  content: Uint8Array | { size: number; pieces: AsyncIterable<Uint8Array> };
}

const deflate = promisify(deflateRaw);

/** Bytes that are packed at once: a thread would cost more than it saves. */
const AT_ONCE = 16 * 1024;

/** Milliseconds of packing after which others get their turn. */
const TURN = 5;

/** Records of the directory that are joined, because many small buffers cost more than their bytes. */
const JOINED = 1_000;

/**
 * Makes a zip (deflate, and zip64 where it is needed) while its entries come. Memory holds one piece and, as the format
 * has it, a record of about 150 bytes for each entry.
 */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array, void, void> {
  const directory = new Directory();
  let offset = 0;
  let turn = performance.now();
  for await (const entry of entries) {
    if (performance.now() - turn > TURN) {
      await setImmediate();
      turn = performance.now();
    }
    for await (const piece of entryPieces(entry, offset, directory)) {
      offset += piece.length;
      yield piece;
    }
  }
  yield* directory.end(offset);
}

async function* entryPieces(
  { name, modifiedAt, content }: ZipEntry,
  offset: number,
  directory: Directory,
): AsyncGenerator<Uint8Array, void, void> {
  const record = { name: Buffer.from(name), modifiedAt, offset, crc: 0, packed: 0 };
  if (content instanceof Uint8Array) {
    const body = content.length === 0 ? content : await packed(content);
    const whole: ZipRecord = {
      ...record,
      ...{ crc: crc32(content), packed: body.length, size: content.length, isStreamed: false },
    };
    directory.add(whole);
    yield Buffer.concat([localHeader(whole), body]);
    return;
  }
  const streamed: ZipRecord = { ...record, size: content.size, isStreamed: true };
  yield localHeader(streamed);
  const counted = { crc: 0 };
  for await (const piece of transformed(checked(content.pieces, counted), createDeflateRaw())) {
    streamed.packed += piece.length;
    yield piece;
  }
  streamed.crc = counted.crc;
  directory.add(streamed);
  yield dataDescriptor(streamed);
}

async function packed(content: Uint8Array): Promise<Uint8Array> {
  return content.length <= AT_ONCE ? deflateRawSync(content) : deflate(content);
}

async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  counted: { crc: number },
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    counted.crc = crc32(piece, counted.crc);
    yield piece;
  }
}

/** The records at the end of an archive. */
class Directory {
  readonly #joined: Uint8Array[] = [];
  #records: Uint8Array[] = [];
  #count = 0;

  add(record: ZipRecord): void {
    this.#count += 1;
    this.#records.push(centralRecord(record));
    if (this.#records.length < JOINED) return;
    this.#join();
  }

  *end(offset: number): Generator<Uint8Array, void, void> {
    this.#join();
    const size = this.#joined.reduce((sum, { length }) => sum + length, 0);
    yield* this.#joined;
    yield endRecords({ count: this.#count, size, offset });
  }

  #join(): void {
    this.#joined.push(Buffer.concat(this.#records));
    this.#records = [];
  }
}
