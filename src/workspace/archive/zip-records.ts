/** An entry as the headers of a zip describe it. */
export interface ZipRecord {
  /** UTF-8. A folder ends in a slash. */
  name: Buffer;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Place of its local header. */
  offset: number;
  crc: number;
  /** Bytes in the archive. */
  packed: number;
  /** Bytes of the file. */
  size: number;
  /** The checksum and the packed size follow the bytes. */
  isStreamed: boolean;
}

/** A number that a field of 32 bits cannot hold; the field then says that it is elsewhere. */
const ELSEWHERE = 0xffffffff;

/** From this size on, a file that is streamed has fields of 64 bits: deflate may make it a little longer. */
const LARGE = 0xf0000000;

const SLASH = 0x2f;

export function localHeader(record: ZipRecord): Buffer {
  const { name, crc, packed, size, isStreamed } = record;
  const isLarge = size >= LARGE;
  const sizes = isStreamed ? [0, 0] : [packed, size];
  return Buffer.concat([
    u32(0x04034b50),
    ...common(record),
    u32(isStreamed ? 0 : crc),
    ...(isLarge ? [u32(ELSEWHERE), u32(ELSEWHERE)] : sizes.map(u32)),
    u16(name.length),
    u16(isLarge ? 20 : 0),
    name,
    ...(isLarge ? [u16(1), u16(16), ...sizes.map(u64)] : []),
  ]);
}

/** Follows the bytes of a streamed file. */
export function dataDescriptor({ crc, packed, size }: ZipRecord): Buffer {
  const wide = size >= LARGE ? u64 : u32;
  return Buffer.concat([u32(0x08074b50), u32(crc), wide(packed), wide(size)]);
}

/** The entry in the directory at the end. */
export function centralRecord(record: ZipRecord): Buffer {
  const { name, crc, packed, size, offset } = record;
  const isLarge = size >= LARGE;
  const wide = [...(isLarge ? [size, packed] : []), ...(offset >= ELSEWHERE ? [offset] : [])];
  const extra = wide.length === 0 ? [] : [u16(1), u16(wide.length * 8), ...wide.map(u64)];
  const mode = isFolder(record) ? 0o40755 : 0o100644;
  return Buffer.concat([
    u32(0x02014b50),
    // Made on Unix: the permissions below are read.
    u16((3 << 8) | 45),
    ...common(record),
    u32(crc),
    ...(isLarge ? [u32(ELSEWHERE), u32(ELSEWHERE)] : [u32(packed), u32(size)]),
    u16(name.length),
    u16(wide.length === 0 ? 0 : 4 + wide.length * 8),
    ...[u16(0), u16(0), u16(0)],
    u32(mode * 0x10000 + (isFolder(record) ? 0x10 : 0)),
    u32(Math.min(offset, ELSEWHERE)),
    name,
    ...extra,
  ]);
}

/** Ends an archive whose directory starts at `offset` and has `size` bytes. */
export function endRecords({ count, size, offset }: { count: number; size: number; offset: number }): Buffer {
  const isWide = count >= 0xffff || size >= ELSEWHERE || offset >= ELSEWHERE;
  const wide = [
    ...[u32(0x06064b50), u64(44), u16((3 << 8) | 45), u16(45), u32(0), u32(0)],
    ...[u64(count), u64(count), u64(size), u64(offset)],
    ...[u32(0x07064b50), u32(0), u64(offset + size), u32(1)],
  ];
  const shortCount = u16(Math.min(count, 0xffff));
  return Buffer.concat([
    ...(isWide ? wide : []),
    ...[u32(0x06054b50), u16(0), u16(0), shortCount, shortCount],
    ...[u32(Math.min(size, ELSEWHERE)), u32(Math.min(offset, ELSEWHERE)), u16(0)],
  ]);
}

/** Version, flags, method and time: the same in both headers. */
function common({ size, modifiedAt, isStreamed, offset }: ZipRecord): Buffer[] {
  const version = size >= LARGE || offset >= ELSEWHERE ? 45 : 20;
  const isStored = size === 0 && !isStreamed;
  const { time, date } = dosTime(modifiedAt);
  // The name is UTF-8; the sizes follow.
  const flags = 0x0800 | (isStreamed ? 0x0008 : 0);
  return [u16(version), u16(flags), u16(isStored ? 0 : 8), u16(time), u16(date)];
}

/** UTC, from 1980 to 2107. */
function dosTime(modifiedAt: number): { time: number; date: number } {
  const moment = new Date(Math.min(Math.max(modifiedAt, Date.UTC(1980)), Date.UTC(2107, 11, 31)));
  const seconds = Math.floor(moment.getUTCSeconds() / 2);
  return {
    time: (moment.getUTCHours() << 11) | (moment.getUTCMinutes() << 5) | seconds,
    date: ((moment.getUTCFullYear() - 1980) << 9) | ((moment.getUTCMonth() + 1) << 5) | moment.getUTCDate(),
  };
}

function isFolder({ name }: ZipRecord): boolean {
  return name.at(-1) === SLASH;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
