import type { Socket } from "../socket.ts";

/** What is kept for an owner that does not listen yet. */
const MAX_FRAMES = 64;
const MAX_LENGTH = 1024 * 1024;

/** A socket that changed hands after its first frame. Frames that arrive before its new owner listens are kept. */
export class HandedOverSocket implements Socket {
  readonly #socket: Socket;
  #waiting: (string | Uint8Array)[] = [];
  #waitingLength = 0;
  #listener: ((data: string | Uint8Array) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.onMessage((data) => this.#receive(data));
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#socket.onClose(listener);
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.#listener = listener;
    const frames = this.#waiting;
    this.#waiting = [];
    for (const frame of frames) listener(frame);
  }

  #receive(data: string | Uint8Array): void {
    if (this.#listener !== undefined) this.#listener(data);
    else this.#keep(data);
  }

  #keep(data: string | Uint8Array): void {
    this.#waitingLength += data.length;
    const full = this.#waiting.length >= MAX_FRAMES || this.#waitingLength > MAX_LENGTH;
    if (full) this.close(1013, "Too many messages before the socket was ready");
    else this.#waiting.push(data);
  }
}
