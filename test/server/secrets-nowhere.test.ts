import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Logger } from "agent-server";
import { expect, it } from "vitest";

const SECRETS = {
  apiKey: "session-key-51f0c2",
  masterKey: "master-key-9d27aa",
  previousKey: "master-key-of-last-year-0b",
  providerKey: "sk-provider-77b1e3",
  modelKey: "sk-model-2c90dd",
  token: "hush-token-e4418b",
  wrongKey: "mistyped-key-03fa6c",
};

it("keys and secrets are in no answer, event, log line, file, process list or document", async () => {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  const seen: string[] = [];
  const log = (fields: object, message: string) => {
    const plain = (_name: string, value: unknown) => (value instanceof Error ? value.stack : value);
    seen.push(`log ${message} ${JSON.stringify(fields, plain)}`);
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const server = createServer({
    apiKeys: [SECRETS.apiKey],
    secretKey: SECRETS.masterKey,
    previousSecretKeys: [SECRETS.previousKey],
    conversationsPath: join(folder, "conversations"),
    environment: { ...process.env, OPENAI_API_KEY: SECRETS.providerKey },
    logger,
  });
  const ask = async (method: string, path: string, body?: unknown, key = SECRETS.apiKey) => {
    const headers = { "content-type": "application/json", "x-session-api-key": key };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const text = await (await server.fetch(new Request(`http://localhost${path}`, init))).text();
    seen.push(`${method} ${path.split("?")[0]} ${text}`);
    return text;
  };
  try {
    const agent = { llm: { model: "demo/tour", api_key: SECRETS.modelKey }, tools: [{ name: "terminal" }] };
    const workspace = { working_dir: join(folder, "project") };
    const secrets = { TOKEN: { kind: "StaticSecret", value: SECRETS.token } };
    const started = await ask("POST", "/api/conversations", { agent, workspace, secrets });
    const path = `/api/conversations/${(JSON.parse(started) as { id: string }).id}`;
    await ask("POST", `${path}/secrets`, { secrets: { OTHER: SECRETS.token } });
    const content = [{ type: "text", text: "Begin." }];
    await ask("POST", `${path}/events`, { content, run: true });
    await expect
      .poll(() => ask("GET", path), { timeout: 30_000, interval: 200 })
      .toContain('"execution_status":"finished"');
    seen.push(execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" }));

    // What is refused is not repeated either.
    await ask("POST", "/api/conversations", { agent: { llm: { api_key: SECRETS.modelKey } }, secrets });
    await ask("POST", `${path}/secrets`, { secrets: [SECRETS.token] });
    await ask("POST", `${path}/secrets`, {
      secrets: { TOKEN: { kind: SECRETS.token.length, value: SECRETS.token } },
    });
    await ask("GET", path, undefined, SECRETS.wrongKey);
    await ask("GET", `/nope?session_api_key=${SECRETS.apiKey}`);
    await server.upgrade(
      new Request(`http://localhost/sockets/events/x?session_api_key=${SECRETS.wrongKey}`),
    );
    for (const more of ["/events/search?limit=100", "?include_skills=true", "/agent_final_response"])
      await ask("GET", path + more);
    await ask("GET", "/server_info");
    await ask("GET", "/openapi.json");
  } finally {
    await server.close();
  }
  const conversations = join(folder, "conversations");
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((entry) => entry.isFile())) {
    const file = join(entry.parentPath, entry.name);
    seen.push(`file ${file} ${await readFile(file, "latin1")}`);
    if (file.startsWith(conversations)) expect([file, (await stat(file)).mode & 0o077]).toEqual([file, 0]);
  }
  expect(seen.length).toBeGreaterThan(12);
  for (const [name, secret] of Object.entries(SECRETS)) {
    const found = seen.filter((text) => text.includes(secret)).map((text) => text.slice(0, 300));
    expect({ name, found }).toEqual({ name, found: [] });
  }
  await rm(folder, { recursive: true, force: true });
});
