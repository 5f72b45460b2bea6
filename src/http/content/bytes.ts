/** A response of bytes, such as a picture or a file. Ranges and conditional requests are answered by the core. */
export interface BytesSpec {
  readonly description: string;
  /** Media type; a handler may answer another one by the header `content-type`. */
  readonly bytes: string;
}

/**
 * Bytes of known size that can be read from any place, such as a file. Holds nothing open until it is read, because an
 * answer may need no bytes at all.
 */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** When the bytes were last changed, in milliseconds since 1970. Sent as `Last-Modified`. */
  readonly modifiedAt?: number | undefined;
  /** A strong validator in double quotes. Default: made of `modifiedAt` and `size`; without `modifiedAt`, none. */
  readonly etag?: string | undefined;
  /**
   * Reads from `start` up to, but not including, `end`. Called at most once. The stream is cancelled when the client
   * leaves. A stream of any other length cuts the connection, so that the client does not take it for whole.
   */
  read(start: number, end: number): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** Declares a response of bytes. */
export function bytes(mediaType: string, description = "The bytes"): BytesSpec {
  return { bytes: mediaType, description };
}
