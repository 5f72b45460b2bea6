/**
 * A process: what a server reaches over the network in a soak, and what goes wrong there. The model plays what
 * messages say, behind a door that answers with errors, cuts replies or keeps them back. The receiver of webhooks takes
 * requests and never answers. The argument is the seed.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { answerBench } from "../bench/child.ts";
import { startObedientModel } from "../clients/obedient-model.ts";
import { generator } from "../cluster/chaos/schedule.ts";

/** Where it is, and how often each fault came. */
export interface Outside {
  /** Base URL of the model. */
  model: string;
  receiver: string;
  faults: Record<string, number>;
}

/** The share of requests that each fault meets. */
const SHARES = [
  ["500", 0.03],
  ["429", 0.03],
  ["cut", 0.03],
  ["slow", 0.05],
] as const;
const SLOWEST_MS = 3_000;

const random = generator(Number(process.argv[2]));
const model = await startObedientModel();
const faults: Outside["faults"] = {};

const door = createHttpServer((incoming, response) => {
  pass(incoming, response).catch(() => response.destroy());
}).listen(0, "127.0.0.1");

/** Half of those that knock are left standing, the others are sent away without a word. */
const receiver = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.resume();
  if (random() < 0.5) socket.destroy();
}).listen(0, "127.0.0.1");

await Promise.all([door, receiver].map((server) => server.listening || once(server)));
answerBench(
  (): Outside => ({
    model: `http://127.0.0.1:${portOf(door)}/v1`,
    receiver: `http://127.0.0.1:${portOf(receiver)}`,
    faults,
  }),
);

async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const fault = chooseFault();
  if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1;
  if (fault === "500" || fault === "429") {
    response.writeHead(Number(fault), { "content-type": "application/json", "retry-after": "1" });
    response.end('{"error": {"message": "a fault of the soak"}}');
    return;
  }
  if (fault === "slow") await sleep(random() * SLOWEST_MS);
  const answer = await ask(incoming, body);
  const whole = await buffer(answer);
  const { "transfer-encoding": _encoding, connection: _connection, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, { ...headers, "content-length": whole.length });
  if (fault !== "cut") return void response.end(whole);
  response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
}

function chooseFault(): (typeof SHARES)[number][0] | undefined {
  let left = random();
  for (const [fault, share] of SHARES) {
    left -= share;
    if (left < 0) return fault;
  }
  return undefined;
}

function ask({ url, method, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { "content-length": _length, "transfer-encoding": _encoding, ...others } = headers;
  return new Promise((done, fail) => {
    const sent = request(new URL(url ?? "/", model.origin), {
      method,
      headers: { ...others, "content-length": body.length },
    });
    sent.on("response", done).on("error", fail).end(body);
  });
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

function once(server: { once(event: "listening", done: () => void): unknown }): Promise<void> {
  return new Promise((done) => server.once("listening", done));
}
