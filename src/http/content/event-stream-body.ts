import type { EventStream, ServerSentEvent } from "./event-stream.ts";

/** Bytes that may wait for a client. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Bytes that wait before `drained` waits too. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Milliseconds between comments that keep proxies from closing a quiet connection. */
const HEARTBEAT_MS = 15_000;
/** A comment: it opens the stream, so that the head of the answer goes out, and keeps it alive. */
const COMMENT = ":\n\n";

const encoder = new TextEncoder();

/** The body of one event stream: a queue of bytes with a bound. */
export class EventStreamBody implements EventStream {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #onEnd: () => void;
  readonly #ended = new AbortController();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #sentBytes = 0;
  #takenAtLastBeat = 0;

  /** `onEnd` is called once, however the stream ends. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#room?.resolve(),
        cancel: () => this.#stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
    );
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#enqueue(COMMENT);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  send(event: ServerSentEvent): void {
    if (this.signal.aborted) return;
    this.#enqueue(frame(event));
    if (this.#waitingBytes > MAX_WAITING_BYTES)
      this.cut(new Error("the client of an event stream is too slow"));
  }

  async drained(): Promise<void> {
    if (this.signal.aborted || this.#waitingBytes < HIGH_WATER_BYTES) return;
    this.#room = Promise.withResolvers();
    await this.#room.promise;
  }

  /** Ends the stream after what is queued. */
  end(): void {
    if (this.signal.aborted) return;
    this.#controller?.close();
    this.#finish();
  }

  /** Drops what is queued and breaks the stream off. */
  cut(reason: unknown): void {
    this.#controller?.error(reason);
    this.#stop();
  }

  get #waitingBytes(): number {
    return HIGH_WATER_BYTES - (this.#controller?.desiredSize ?? HIGH_WATER_BYTES);
  }

  #enqueue(text: string): void {
    const bytes = encoder.encode(text);
    this.#sentBytes += bytes.byteLength;
    this.#controller?.enqueue(bytes);
  }

  /** Goes on after `end` until the client has taken the rest. */
  #beat(): void {
    const waiting = this.#waitingBytes;
    const taken = this.#sentBytes - waiting;
    if (waiting > 0 && taken === this.#takenAtLastBeat) {
      this.cut(new Error("the client of an event stream takes nothing"));
      return;
    }
    this.#takenAtLastBeat = taken;
    if (waiting > 0) return;
    if (this.signal.aborted) clearInterval(this.#heartbeat);
    else this.#enqueue(COMMENT);
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#finish();
  }

  #finish(): void {
    if (this.signal.aborted) return;
    this.#ended.abort();
    this.#room?.resolve();
    this.#onEnd();
  }
}

function frame({ data, event, id }: ServerSentEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${oneLine("event", event)}`]),
    ...(id === undefined ? [] : [`id: ${oneLine("id", id)}`]),
    ...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ];
  return `${lines.join("\n")}\n\n`;
}

/** A line break would begin a new field. */
function oneLine(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError(`The ${name} of a server-sent event must be one line`);
  return value;
}
