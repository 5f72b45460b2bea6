import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestServer } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { AcpBench, type AcpBenchOptions, acpAgent } from "./acp-bench.ts";

const OTHERS: [string, AcpBenchOptions][] = [
  ["another program", { agent: { acp_server: "claude-code" } }],
  ["the users of a host that tells them apart", { authenticate: () => true }],
];

describe("a login that the server keeps for Codex", () => {
  it("is what the program signs in with, and what it renews is kept for the next one", async () => {
    await using bench = await codex();
    await save(bench.server, login("first"));
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    const file = join(bench.recorded("start")[0]?.params.env.CODEX_HOME, "auth.json");
    expect(readFileSync(file, "utf8")).toBe(login("first"));
    await bench.chat.send(`login ${login("second")}\nsay a-second-token`);
    expect(await bench.chat.expectFinished()).toBe("<secret-hidden>");
    expect(await saved(bench.server)).toBe(login("second"));
    const { info } = await bench.server.conversations.create({
      autotitle: false,
      workspace: { working_dir: bench.server.workingDir },
      agent: acpAgent([`--record=${bench.folder}/record`, "--env=CODEX_HOME"], { acp_server: "codex" }),
    });
    const next = await bench.server.resume(info.id);
    await next.send("say hello");
    await next.expectFinished();
    const other = join(bench.recorded("start")[1]?.params.env.CODEX_HOME, "auth.json");
    expect(other).not.toBe(file);
    expect(readFileSync(other, "utf8")).toBe(login("second"));
    await bench.server.close();
    expect([file, other].filter(existsSync)).toEqual([]);
  });

  it("is kept while the program works, before its turn ends", async () => {
    await using bench = await codex();
    await save(bench.server, login("first"));
    await bench.chat.send(`login ${login("second")}\nhang`);
    await expect.poll(() => saved(bench.server), { timeout: 60_000 }).toBe(login("second"));
    await (await bench.server.conversations.open(bench.id)).interrupt();
    await bench.chat.expectStatus("paused");
  });

  it("that another program has renewed meanwhile wins: this one is started again with it", async () => {
    await using bench = await codex({ args: ["--sessions=@/sessions"] });
    await save(bench.server, login("first"));
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    await save(bench.server, login("third"));
    await bench.chat.send(`login ${login("second")}\nsay lost`);
    await bench.chat.expectFinished("lost");
    expect(await saved(bench.server)).toBe(login("third"));
    await bench.chat.send("say again");
    await bench.chat.expectFinished("again");
    const [, again] = bench.recorded("start");
    expect(readFileSync(join(again?.params.env.CODEX_HOME, "auth.json"), "utf8")).toBe(login("third"));
    expect(bench.recorded("session/load")).toHaveLength(1);
  });

  it("that was renewed before the server was killed is kept at the next start", async () => {
    const conversationsPath = mkdtempSync(join(tmpdir(), "acp-logins-"));
    onTestFinished(() => rmSync(conversationsPath, { recursive: true, force: true }));
    await using bench = await codex({ conversationsPath });
    await save(bench.server, login("first"));
    const folder = join(conversationsPath, bench.id.replaceAll("-", ""), "acp/codex");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "auth.json"), login("second"));
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(await saved(bench.server)).toBe(login("second"));
  });

  it("is not touched by a file that is no login", async () => {
    await using bench = await codex();
    await save(bench.server, login("first"));
    await bench.chat.send('login {"tokens":\nsay half');
    await bench.chat.expectFinished("half");
    expect(await saved(bench.server)).toBe(login("first"));
  });

  it.each(OTHERS)("is nothing to %s", async (_, options) => {
    await using bench = await codex(options);
    await save(bench.server, login("first"));
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("start")[0]?.params.env).toEqual({});
  });
});

function codex({ args = [], ...options }: AcpBenchOptions = {}): Promise<AcpBench> {
  return AcpBench.open({ agent: { acp_server: "codex" }, ...options, args: ["--env=CODEX_HOME", ...args] });
}

/** A login as Codex writes it; a later word of these was renewed later. */
function login(word: "first" | "second" | "third"): string {
  const day = { first: 1, second: 2, third: 3 }[word];
  const tokens = { access_token: `a-${word}-token`, refresh_token: `r-${word}-token` };
  return JSON.stringify({ auth_mode: "chatgpt", tokens, last_refresh: `2026-03-0${day}T10:00:00Z` });
}

async function save(server: TestServer, value: string): Promise<void> {
  const body = JSON.stringify({ name: "CODEX_AUTH_JSON", value });
  const headers = { "content-type": "application/json" };
  const { status } = await server.fetch(
    new Request("http://localhost/api/settings/secrets", { method: "PUT", headers, body }),
  );
  expect(status).toBe(200);
}

async function saved(server: TestServer): Promise<string> {
  return (await server.fetch(new Request("http://localhost/api/settings/secrets/CODEX_AUTH_JSON"))).text();
}
