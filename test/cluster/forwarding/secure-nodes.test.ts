import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { spawnServer } from "../../cli/spawn-server.ts";
import { dropSchema, newSchema, type TestSchema } from "../../postgres/test-postgres.ts";

const API_KEY = "the-key-of-clients";
/** A certificate for localhost and 127.0.0.1, and its own authority. */
const CERTIFICATE = resolve(import.meta.dirname, "../../hosts/localhost.pem");
const TRUSTING = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
const PATIENT = { timeout: 60_000, interval: 20 };

interface SecureNode {
  url: string;
  stderr(): string;
  ask(method: string, path: string, body?: object): Promise<Answer>;
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

let folder: string;
let place: TestSchema;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "agent-server-secure-"));
  place = await newSchema();
}, 300_000);
afterAll(async () => {
  await dropSchema(place);
  rmSync(folder, { recursive: true, force: true });
});

/** A node in a process of its own, which trusts what its variables say. */
async function startNode(environment: Record<string, string>, host = "127.0.0.1"): Promise<SecureNode> {
  const { url, stop, stderr } = await spawnServer({
    cwd: folder,
    command: join(import.meta.dirname, "secure-node.ts"),
    environment: {
      ...{ PLACE: JSON.stringify(place), HOST: host, FOLDER: join(folder, "conversations") },
      ...{ CERTIFICATE, API_KEY, ...environment },
    },
  });
  onTestFinished(async () => void (await stop("SIGKILL")));
  // What clients trust is another matter.
  const agent = new Agent({ rejectUnauthorized: false });
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { "x-session-api-key": API_KEY, "content-type": "application/json" };
    const asked = request(url + path, { method, headers, agent }).end(body && JSON.stringify(body));
    const [answer] = await once(asked, "response");
    const { statusCode: status, headers: answered } = answer;
    return { status, retryAfter: answered["retry-after"], body: await text(answer) };
  };
  await expect.poll(async () => (await ask("GET", "/ready")).status, PATIENT).toBe(200);
  return { url, stderr, ask };
}

async function startConversation(node: SecureNode): Promise<string> {
  const { status, body } = await node.ask("POST", "/api/conversations", {
    autotitle: false,
    agent: { llm: { model: "scripted", stream: true }, tools: [] },
    workspace: { working_dir: join(folder, "project") },
  });
  expect(status, body).toBe(201);
  const { id } = JSON.parse(body);
  // A conversation is in memory once something is done with it.
  expect((await node.ask("POST", `/api/conversations/${id}/pause`)).status).toBe(200);
  return id;
}

async function openSocket(node: SecureNode, id: string): Promise<{ socket: WebSocket; frames: string[] }> {
  const socket = new WebSocket(`${node.url.replace("http", "ws")}/sockets/session/${id}?after_seq=-1`, {
    headers: { "x-session-api-key": API_KEY },
    rejectUnauthorized: false,
  });
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(String(data)));
  await expect.poll(() => frames.some((frame) => frame.includes('"transient"')), PATIENT).toBe(true);
  return { socket, frames };
}

const liveCounts = async (...nodes: SecureNode[]) =>
  Promise.all(nodes.map(async (node) => (await node.ask("GET", "/live")).body));

const message = (words: string) => ({ role: "user", content: [{ type: "text", text: words }] });

describe("servers whose addresses are https URLs", () => {
  it("pass on requests and messages, and follow each other, by an authority that Node was given", async () => {
    const first = await startNode(TRUSTING);
    const second = await startNode(TRUSTING);
    const id = await startConversation(first);
    const { socket, frames } = await openSocket(second, id);
    socket.send(JSON.stringify(message("By socket.")));
    await expect.poll(() => frames.some((frame) => frame.includes("By socket.")), PATIENT).toBe(true);
    // Pieces of replies come by no other way than the feed.
    await expect
      .poll(async () => {
        await second.ask("POST", `/api/conversations/${id}/events`, { ...message("Go on."), run: true });
        return frames.some((frame) => frame.includes('"delta"'));
      }, PATIENT)
      .toBe(true);
    expect((await second.ask("POST", `/api/conversations/${id}/pause`)).status).toBe(200);
    expect(await liveCounts(first, second)).toEqual(["1", "0"]);
    expect(first.stderr() + second.stderr()).not.toMatch(/cannot be/);
  }, 300_000);

  it("refuse a certificate of no authority that they know: clients get 503, and the log says why", async () => {
    const first = await startNode(TRUSTING);
    const doubting = await startNode({});
    const id = await startConversation(first);
    const refused = await doubting.ask("POST", `/api/conversations/${id}/pause`);
    expect([refused.status, refused.retryAfter]).toEqual([503, "1"]);
    expect(refused.body).not.toMatch(/certificate/);
    const report = /^A server of the cluster cannot be reached \{"address":"(.*)","reason":"(.*)"\}$/gm;
    const reports = [...doubting.stderr().matchAll(report)];
    expect(reports.map(([, address, reason]) => [address, reason])).toEqual([
      [first.url, expect.stringContaining("self-signed certificate")],
    ]);
    const read = await doubting.ask("GET", `/api/conversations/${id}`);
    expect([read.status, await liveCounts(first, doubting)]).toEqual([200, ["1", "0"]]);
  }, 300_000);

  it.skipIf(process.platform !== "linux")(
    "refuse a certificate for another address",
    async () => {
      // Only there every address that begins with 127 is this machine.
      const impostor = await startNode(TRUSTING, "127.0.0.2");
      const second = await startNode(TRUSTING);
      const id = await startConversation(impostor);
      expect((await second.ask("POST", `/api/conversations/${id}/pause`)).status).toBe(503);
      expect(second.stderr()).toMatch(/127\.0\.0\.2.*does not match certificate's altnames/);
      expect(await liveCounts(impostor, second)).toEqual(["1", "0"]);
    },
    300_000,
  );
});
