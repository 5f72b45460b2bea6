import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { connectionHeaders } from "./connection-headers.ts";
import type { PeerOutcome } from "./peer-request.ts";

/** Milliseconds in which a connection must be made. */
const CONNECT_LIMIT = 3_000;

/** One request to a node, from its first byte to its outcome. */
export class Exchange {
  readonly #asked: ClientRequest;
  readonly #signal: AbortSignal;
  #isConnected = false;
  #isAnswered = false;

  constructor(asked: ClientRequest, signal: AbortSignal) {
    this.#asked = asked;
    this.#signal = signal;
  }

  /** Sends the body and resolves with the outcome. */
  run(body: AsyncIterable<Uint8Array> | null): Promise<PeerOutcome> {
    const outcome = this.#outcome();
    if (body === null) this.#asked.end();
    else void this.#send(body).catch((error: Error) => this.#asked.destroy(error));
    return outcome;
  }

  #outcome(): Promise<PeerOutcome> {
    const asked = this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<PeerOutcome>();
    const timer = setTimeout(() => asked.destroy(new Error("no connection in time")), CONNECT_LIMIT);
    asked.once("socket", (socket) =>
      onceConnected(socket, () => {
        clearTimeout(timer);
        this.#isConnected = true;
      }),
    );
    // Stays: an answer that breaks off is an error of the request, too.
    asked.on("error", (error) => {
      clearTimeout(timer);
      if (this.#signal.aborted) reject(this.#signal.reason);
      else resolve({ kind: this.#isConnected ? "lost" : "unsent", reason: error.message });
    });
    asked.once("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve({ kind: "lost", reason: "the node switched protocols" });
    });
    asked.once("response", (answer) => {
      this.#isAnswered = true;
      // A node that refuses a body may leave it unread. Its connection is of no use then.
      answer.once("end", () => !asked.writableEnded && asked.destroy());
      resolve(outcomeOf(answer));
    });
    return promise;
  }

  async #send(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of body) {
      if (this.#isAnswered || this.#asked.destroyed) return;
      if (!this.#asked.write(chunk)) await this.#drained();
    }
    this.#asked.end();
  }

  #drained(): Promise<void> {
    const events = ["drain", "close", "response"];
    return new Promise((resolve) => {
      const done = () => {
        for (const event of events) this.#asked.off(event, done);
        resolve();
      };
      for (const event of events) this.#asked.once(event, done);
    });
  }
}

function onceConnected(socket: Socket, connected: () => void): void {
  if (!socket.connecting) connected();
  else socket.once("encrypted" in socket ? "secureConnect" : "connect", connected);
}

function outcomeOf(answer: IncomingMessage): PeerOutcome {
  const { statusCode: status = 0 } = answer;
  if (status < 200 || status > 599) {
    answer.destroy();
    return { kind: "lost", reason: `the node answered with the status ${status}` };
  }
  const ended = new Promise<void>((resolve) => void answer.once("close", resolve));
  const isBodiless = status === 204 || status === 205 || status === 304;
  if (isBodiless) answer.resume();
  const body = isBodiless ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return { kind: "answered", status, headers: headersOf(answer), body, ended };
}

function headersOf({ rawHeaders, headers: { connection } }: IncomingMessage): Headers {
  const isOfConnection = connectionHeaders(connection ?? null);
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name, value] = rawHeaders.slice(at, at + 2) as [string, string];
    if (!isOfConnection(name)) headers.append(name, value);
  }
  return headers;
}
