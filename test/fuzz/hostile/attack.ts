import fc from "fast-check";
import { refuses } from "../accepted.ts";
import { Client } from "../model/client.ts";
import { hostileBodies } from "./bodies.ts";
import { hostileFrames } from "./frames.ts";
import { type RawAnswer, sendRaw } from "./raw.ts";
import { type HostileRequest, hostileRequests, text } from "./requests.ts";

export interface AttackOptions {
  url: string;
  key: string;
  /** A folder for the work of agents. */
  folder: string;
  seed: number;
  /** Bodies and damaged requests are sent as long; hostile requests and frames whatever time they take. */
  milliseconds: number;
}

export interface AttackReport {
  requests: number;
  faults: string[];
}

/** What takes longer hangs, also on a busy machine. */
const ANSWER_MS = 60_000;
/** For what is never whole, so that no answer need come. */
const UNFINISHED_MS = 1_500;
const AT_ONCE = 8;
/** Answers of Node to what is no HTTP/1.1 request that it serves. */
const OWN_ANSWERS: ReadonlySet<number> = new Set([501, 505]);
const SHARE_OF_BODIES = 0.7;
const METHODS = ["post", "put", "patch", "delete", "get"];

interface Attack extends HostileRequest {
  /** The operation of the OpenAPI document that is asked, if it is one. */
  operation?: string;
  /** What is wrong with an answer; undefined if nothing is. */
  judge?(answer: RawAnswer): string | undefined;
}

/** Sends what no client would send, and looks after each of it whether the server is well. */
export async function attack({ url, key, folder, seed, milliseconds }: AttackOptions): Promise<AttackReport> {
  const client = new Client(url, key);
  const port = Number(new URL(url).port);
  const report: AttackReport = { requests: 0, faults: [] };
  const send = async (attacks: readonly Attack[], deadline = Number.POSITIVE_INFINITY) => {
    for (let at = 0; at < attacks.length && Date.now() < deadline; at += AT_ONCE) {
      const some = attacks.slice(at, at + AT_ONCE);
      const faults = await Promise.all(some.map((one) => faultOf(one, port)));
      report.requests += some.length;
      report.faults.push(...faults.filter((fault) => fault !== undefined));
      await client.expect("GET", "/api/conversations/count").catch((error: unknown) => {
        report.faults.push(`after ${some.map(({ name }) => name).join(", ")}: ${String(error)}`);
      });
    }
  };
  const id = await startConversation(client, folder);
  await send(hostileRequests(key));
  await send(framesOnSockets(key, id));
  const now = Date.now();
  const deadline = now + milliseconds;
  await send(shuffled(await bodiesForRoutes(client, key, id), seed), now + milliseconds * SHARE_OF_BODIES);
  for (let round = 0; Date.now() < deadline; round += 1) await send(damaged(key, seed + round));
  const polluted = await client.ask("GET", "/server_info");
  if (polluted.text.includes("polluted")) report.faults.push("prototypes of the server were changed");
  return report;
}

async function faultOf(one: Attack, port: number): Promise<string | undefined> {
  const { name, chunks, pause, operation = "", isUnfinished = false, judge } = one;
  const patience = isUnfinished ? UNFINISHED_MS : ANSWER_MS;
  const answer = await sendRaw({ port, chunks, patience, ...(pause !== undefined && { pause }) });
  const said = answer.text.slice(0, 400);
  if (judge !== undefined) {
    const fault = judge(answer);
    return fault === undefined ? undefined : `${name}: ${fault}: ${said}`;
  }
  const { status = 0, isOpen } = answer;
  if (status >= 500 && !OWN_ANSWERS.has(status) && !refuses(operation, status)) return `${name}: ${said}`;
  if (status === 0 && isOpen && !isUnfinished) return `${name}: no answer in ${ANSWER_MS} ms`;
  return undefined;
}

/** Every operation with a body, with every hostile body. */
async function bodiesForRoutes(client: Client, key: string, id: string): Promise<Attack[]> {
  const { paths } = await client.expect<{ paths: Record<string, Record<string, { requestBody?: object }>> }>(
    "GET",
    "/openapi.json",
  );
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]?.requestBody !== undefined).map((method) => ({
      path,
      method,
    })),
  );
  const bodies = hostileBodies();
  return operations.flatMap(({ path, method }) =>
    bodies.map(([name, body]) => ({
      name: `${method} ${path} with ${name}`,
      operation: `${method.toUpperCase()} ${path}`,
      chunks: [
        text(
          `${method.toUpperCase()} ${path.replace(/\{\w*conversation_id\}/, id).replace(/\{\w+\}/g, "name")} HTTP/1.1`,
          ...["Host: 127.0.0.1", `X-Session-API-Key: ${key}`, "Content-Type: application/json"],
          ...[`Content-Length: ${body.length}`, "", ""],
        ),
        body,
      ],
    })),
  );
}

/** Another order with every seed, so that a short attack does not always send the same ones. */
function shuffled(attacks: readonly Attack[], seed: number): Attack[] {
  const { length } = attacks;
  const [order = []] = fc.sample(fc.shuffledSubarray([...attacks], { minLength: length }), {
    seed,
    numRuns: 1,
  });
  return order;
}

function framesOnSockets(key: string, id: string): Attack[] {
  const paths = [`/sockets/events/${id}`, `/sockets/session/${id}`, "/sockets/bash-events"];
  return paths.flatMap((path) =>
    hostileFrames().map(([name, chunks]) => ({
      name: `${path} with ${name}`,
      chunks: [
        text(
          `GET ${path} HTTP/1.1`,
          ...["Host: 127.0.0.1", `X-Session-API-Key: ${key}`, "Connection: Upgrade", "Upgrade: websocket"],
          ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
        ),
        ...chunks,
      ],
      judge: ({ text: said }) => (said.startsWith("HTTP/1.1 101") ? undefined : "the socket is not opened"),
    })),
  );
}

/** A conversation that does nothing. */
async function startConversation(client: Client, folder: string): Promise<string> {
  const { id } = await client.expect<{ id: string }>("POST", "/api/conversations", {
    statuses: [200, 201],
    json: {
      agent: {
        llm: { model: "openai/none", base_url: "http://127.0.0.1:9", api_key: "none", num_retries: 0 },
      },
      workspace: { working_dir: folder },
      autotitle: false,
    },
  });
  return id;
}

const PER_ROUND = 40;

/** Requests as clients send them, in which some bytes were changed, lost or said twice. */
function damaged(key: string, seed: number): Attack[] {
  const body = JSON.stringify({ role: "user", content: [{ type: "text", text: "Hello." }] });
  const whole = Buffer.concat([
    text(
      "POST /api/conversations/00000000-0000-4000-8000-000000000000/events HTTP/1.1",
      ...["Host: 127.0.0.1", `X-Session-API-Key: ${key}`, "Content-Type: application/json"],
      ...[`Content-Length: ${body.length}`, "Connection: close", "", ""],
    ),
    Buffer.from(body),
  ]);
  const place = fc.nat({ max: whole.length - 1 });
  const damage = fc.oneof(
    fc.tuple(place, fc.nat({ max: 255 })).map(([at, byte]) => (bytes: Buffer) => {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] = byte;
      return changed;
    }),
    fc.tuple(place, fc.nat({ max: 40 })).map(
      ([at, length]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
    ),
    fc.tuple(place, fc.nat({ max: 40 })).map(
      ([at, length]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
    ),
  );
  const damages = fc.array(damage, { minLength: 1, maxLength: 4 });
  return fc.sample(damages, { seed, numRuns: PER_ROUND }).map((changes, index) => ({
    name: `a damaged request, number ${index} of --seed ${seed}`,
    chunks: [changes.reduce((bytes, change) => change(bytes), whole)],
    // It may ask for more than it sends.
    isUnfinished: true,
  }));
}
