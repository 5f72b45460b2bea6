import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** An empty pong. A server ends sockets that answer no ping. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/**
 * A WebSocket client that only counts frames. One that unpacks them costs more than a server that sends them, and
 * would be what is measured.
 */
export class FrameReader {
  readonly socket: Socket;
  frames = 0;
  /** Whether the peer has sent a close frame, or the connection is gone. */
  closed = false;
  onFrames: () => void = () => {};
  #isOpen = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(url: string) {
    const { hostname, port, pathname, search } = new URL(url);
    const key = randomBytes(16).toString("base64");
    this.socket = connect(Number(port), hostname);
    this.socket.setNoDelay();
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
      this.onFrames();
    });
    this.socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
  }

  /** Resolves when so many frames have come in all. */
  until(frames: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.frames >= frames) resolve();
        else if (this.closed) reject(new Error(`closed after ${this.frames} of ${frames} frames`));
      };
      this.onFrames = look;
      look();
    });
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isOpen) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end === -1) {
        this.#rest = bytes;
        return;
      }
      this.#isOpen = true;
      bytes = bytes.subarray(end + 4);
    }
    const before = this.frames;
    this.#rest = this.#passFrames(bytes);
    if (this.frames > before) this.onFrames();
  }

  /** Gives what is left: the beginning of a frame. */
  #passFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (at + 2 <= bytes.length) {
      const short = (bytes[at + 1] as number) & 0x7f;
      const header = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (at + header > bytes.length) break;
      const length =
        short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : short;
      if (at + header + length > bytes.length) break;
      const opcode = (bytes[at] as number) & 0x0f;
      if (opcode === 8) this.closed = true;
      else if (opcode === 9) this.socket.write(PONG);
      else if (opcode <= 2) this.frames += 1;
      at += header + length;
    }
    return bytes.subarray(at);
  }
}
