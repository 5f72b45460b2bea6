/** First byte of an unfragmented, uncompressed text message (RFC 6455, 5.2). */
const FINAL_TEXT = 0x81;

/** Encodes a text message of a server. Servers do not mask. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = FINAL_TEXT;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}

/**
 * The frame of the last text, encoded once for all sockets that get the text. `ws` would encode it for each socket and
 * write it in two pieces.
 */
export class SharedFrame {
  #text = "";
  #frame: Buffer = textFrame("");

  of(text: string): Buffer {
    if (text !== this.#text) {
      this.#frame = textFrame(text);
      this.#text = text;
    }
    return this.#frame;
  }
}
