import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createServer } from "../../src/server/create-server.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type SpawnedServer, spawnServer } from "./spawn-server.ts";

const hooks = new URL("./start-hooks.ts", import.meta.url).href;
const own = createServer({ keyless: "loopback", logger: "silent", store: memoryStore() });

let folder: string;
let started: SpawnedServer;
/** The modules that were loaded when the server was ready. */
let atStart: string[];
/** The stack of the first use of a schema until then. */
let reader: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-start-"));
  const environment = { NODE_OPTIONS: `--import ${hooks}`, LOADED_MODULES: join(folder, "modules") };
  started = await spawnServer({ cwd: folder, environment });
  await vi.waitFor(async () => expect((await fetch(`${started.url}/ready`)).status).toBe(200), 30_000);
  atStart = await loaded();
  reader = await readFile(join(folder, "modules.reader"), "utf8").catch(() => "");
});

afterAll(async () => {
  await Promise.all([own.close(), started.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function loaded(): Promise<string[]> {
  return (await readFile(join(folder, "modules"), "utf8")).trimEnd().split("\n");
}

const isZod = (url: string) => url.includes("/node_modules/zod/");

/** Folders of which a start loads nothing: what is in them is imported by the function that needs it. */
const LATER = [
  /^acp/,
  /^agent\/(calls|condensers|view)/,
  /^agent\/loop\/(run|step)/,
  /^agent\/security\/shell/,
  /^conversations\/(export\/trajectory|start-conversation)/,
  /^llm\/(anthropic-messages|bedrock-converse|openai-chat|openai-responses)/,
  /^llm\/(aws\/(aws-credentials|sign-request)|google\/google-token)/,
  /^(inspector|timeline)\//,
  /^mcp\//,
  /^telemetry/,
  /^tools\/browser/,
  /^workspace\/(archive|container|remote)\//,
  /^workspace\/sandbox\/(sandboxed-workspace|find-bubblewrap|process-count)/,
  /^workspace\/local\/terminal\//,
];

describe("a start", () => {
  it("loads no package but the one that describes the API", () => {
    const packages = atStart
      .filter((url) => !isZod(url))
      .map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
    expect(new Set(packages)).toEqual(new Set([undefined, "openapi3-ts", "yaml"]));
  });

  it("loads nothing that only some requests need", () => {
    const sources = atStart.map((url) => url.split("/src/")[1] ?? "");
    expect(sources.filter((file) => LATER.some((folder) => folder.test(file)))).toEqual([]);
  });

  it("builds no schema, and loads zod with the first one that is used", async () => {
    expect(reader).toBe("");
    expect(atStart.filter(isZod)).toEqual([]);
    const answer = await fetch(`${started.url}/api/conversations/count?status=strange`);
    expect(answer.status).toBe(422);
    expect((await loaded()).some(isZod)).toBe(true);
  });
});

describe("a schema that is built later", () => {
  it("is the one that was written down", async () => {
    const document = await (await fetch(`${started.url}/openapi.json`)).json();
    expect(document).toEqual(JSON.parse(JSON.stringify(own.openapi())));
  });

  it("refuses and fills in the same", async () => {
    const bodies = [
      { agent: { llm: { model: 7 }, mcp_config: { a: { command: "x", url: "y" } } }, tags: { A: "" } },
      { agent: { kind: "Other" }, secrets: { S: { kind: "None" } }, initial_message: { role: "nobody" } },
      [],
    ];
    for (const body of bodies) {
      const request = { method: "POST", body: JSON.stringify(body) };
      const here = await own.fetch(new Request("http://localhost/api/conversations", request));
      const there = await fetch(`${started.url}/api/conversations`, request);
      expect([there.status, await there.json()]).toEqual([422, await here.json()]);
    }
  });
});
