import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";

/** A request that a receiver got. */
export interface Received {
  path: string;
  headers: Record<string, string>;
  text: string;
  /** The body as JSON. */
  body: unknown;
}

/** The answer to a request: a status, or "hang" for none at all. */
export type Verdict = number | "hang" | { status: number; headers: Record<string, string> };

export interface Receiver {
  url: string;
  /** In the order in which they came, also those that were refused. */
  requests: Received[];
  /** Those that were taken. */
  taken: Received[];
  /** Requests that are open now, and the most that ever were. */
  open: { now: number; most: number };
  /** Replaces the rule of the answers. */
  answer: (received: Received, index: number) => Verdict | Promise<Verdict>;
  /** The events that were taken, oldest request first. */
  events(): ReceivedEvent[];
  /** Resolves when a condition holds. */
  until(holds: () => boolean): Promise<void>;
}

export interface ReceivedEvent {
  id: string;
  kind: string;
  key?: string;
  [field: string]: unknown;
}

/** Starts a receiver of webhooks on this machine, which takes everything. It ends with the test. */
export async function startReceiver(): Promise<Receiver> {
  const receiver: Receiver = {
    url: "",
    requests: [],
    taken: [],
    open: { now: 0, most: 0 },
    answer: () => 204,
    events: () =>
      receiver.taken.flatMap(({ path, body }) =>
        path.includes("/events/") ? (body as ReceivedEvent[]) : [],
      ),
    until: (holds) => expect.poll(holds, { timeout: 60_000, interval: 20 }).toBe(true),
  };
  const server = createServer(async (request, response) => {
    receiver.open.now += 1;
    receiver.open.most = Math.max(receiver.open.most, receiver.open.now);
    response.once("close", () => {
      receiver.open.now -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const received = {
      path: request.url ?? "",
      headers: request.headers as Record<string, string>,
      text,
      body: JSON.parse(text) as unknown,
    };
    const verdict = await receiver.answer(received, receiver.requests.push(received) - 1);
    if (verdict === "hang") return;
    const { status, headers } = typeof verdict === "number" ? { status: verdict, headers: {} } : verdict;
    if (status >= 200 && status < 300) receiver.taken.push(received);
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return receiver;
}
