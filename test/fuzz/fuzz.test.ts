import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore } from "agent-server";
import { describe, expect, it, vi } from "vitest";
import { attack } from "./hostile/attack.ts";
import { playModel } from "./model/play.ts";

const KEY = "key";
const SEED = 7;
/** A busy machine takes its time. */
const PATIENCE = 240_000;

vi.setConfig({ testTimeout: PATIENCE });

/** What stands between the model and the server. Returns whether it has answered itself. */
type Lie = (incoming: IncomingMessage, response: ServerResponse) => boolean;

/** A server in this process behind a proxy that may lie, with everything in memory and a folder of its own. */
async function openServer(lie: Lie = () => false) {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-fuzz-test-"));
  const server = createServer({
    apiKeys: [KEY],
    secretKey: "secret",
    store: memoryStore(),
    conversationsPath: join(folder, "conversations"),
    worktreeRoot: join(folder, "worktrees"),
    userDir: join(folder, "user"),
    referenceData: false,
    logger: "silent",
  });
  const { url } = await server.listen(0, "127.0.0.1");
  const proxy = createHttpServer((incoming, response) => {
    if (!lie(incoming, response)) pass(url, incoming, response);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** Past the proxy. */
    direct: url,
    folder,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      proxy.closeAllConnections();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pass(url: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = incoming;
  const sent = request(url + incoming.url, { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  sent.on("error", () => response.destroy());
  incoming.pipe(sent);
}

/** Answers the requests of a kind itself, from the second one on. */
function lieAbout(method: string, path: RegExp, status: number, body: string): Lie {
  let requests = 0;
  return (incoming, response) => {
    if (incoming.method !== method || !path.test(incoming.url ?? "")) return false;
    requests += 1;
    if (requests < 2) return false;
    incoming.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(body);
    return true;
  };
}

async function faultsOf(longest: number, lie?: Lie): Promise<string[]> {
  await using server = await openServer(lie);
  const { url, folder } = server;
  const limits = { rounds: 1, longest, milliseconds: PATIENCE };
  const { faults } = await playModel({ url, key: KEY, folder, seed: SEED, ...limits });
  return faults;
}

describe("the model of the fuzzer", () => {
  it("finds nothing wrong with the server", async () => {
    expect(await faultsOf(10)).toEqual([]);
  });

  it.each([
    ["a message that was taken is lost", "POST", /\/events$/, 200, '{"success":true}', /are lost/],
    [
      "a conversation lives on after it was deleted",
      "DELETE",
      /\/api\/conversations\//,
      200,
      "{}",
      /after it was deleted/,
    ],
    ["an answer is a 500", "GET", /\/events\/count/, 500, "{}", /500/],
    ["a secret is not kept", "PUT", /\/settings\/secrets/, 200, "{}", /secret/],
    ["events are counted wrongly", "GET", /\/events\/count/, 200, "0", /counted as 0/],
  ] as const)("finds out that %s", async (_what, method, path, status, body, fault) => {
    const [found] = await faultsOf(30, lieAbout(method, path, status, body));
    expect(found).toMatch(fault);
    expect(found).toContain(`--seed ${SEED} --rounds 1`);
  });
});

describe("hostile connections", () => {
  it("do no harm to the server", async () => {
    await using server = await openServer();
    const { direct: url, folder } = server;
    const { requests, faults } = await attack({ url, key: KEY, folder, seed: SEED, milliseconds: 1_000 });
    expect(faults).toEqual([]);
    expect(requests).toBeGreaterThan(100);
  });
});
