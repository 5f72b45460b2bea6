import type { MessageListener, Socket } from "../../src/http/socket.ts";
import type { Event } from "../../src/wire/events/events.ts";

type Frame = Event & { key?: string; value?: unknown; code?: string; detail?: string };

/** The server's end of a socket whose client is the test. */
export class MemorySocket implements Socket {
  readonly frames: string[] = [];
  closed: { code: number; reason: string } | null = null;
  /** While true nothing reaches the client, as when its network stands still. */
  stalled = false;
  bufferedAmount = 0;
  #message: (data: string | Uint8Array) => void = () => {};
  #close: (code: number, reason: string) => void = () => {};
  #drained: (() => void)[] = [];

  send(text: string): void {
    if (this.closed !== null) return;
    if (this.stalled) this.bufferedAmount += text.length;
    else this.frames.push(text);
  }

  sendBytes(bytes: Uint8Array): void {
    this.send(Buffer.from(bytes).toString("latin1"));
  }

  drained(): Promise<void> {
    if (this.bufferedAmount === 0 || this.closed !== null) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  close(code = 1000, reason = ""): void {
    if (this.closed !== null) return;
    this.closed = { code, reason };
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#close(code, reason);
  }

  onMessage(listener: MessageListener | null): void {
    this.#message = listener ?? (() => {});
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#close = listener;
  }

  /** What the client sends. */
  receive(data: unknown): void {
    this.#message(typeof data === "string" || data instanceof Uint8Array ? data : JSON.stringify(data));
  }

  get events(): Frame[] {
    return this.frames.map((frame) => JSON.parse(frame) as Frame);
  }

  /** Kinds, state updates with key and value: `execution_status=running`. */
  get story(): string[] {
    return this.events.map(tell);
  }
}

export function tell(event: Frame): string {
  if (event.kind !== "ConversationStateUpdateEvent") return event.kind;
  if (event.key === "full_state") {
    return `full_state(${(event.value as { execution_status: string }).execution_status})`;
  }
  return event.key === "execution_status" ? `execution_status=${event.value}` : `${event.key}`;
}
