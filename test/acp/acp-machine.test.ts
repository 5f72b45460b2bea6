import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AcpBench } from "./acp-bench.ts";

describe("files that a program leaves to the server", () => {
  it("are those of the working directory, whole or by lines", async () => {
    await using bench = await AcpBench.open();
    const file = join(bench.server.workingDir, "notes", "a.txt");
    await bench.chat.send(`write ${file} first`);
    expect(await bench.chat.expectFinished()).toBe("{}");
    expect(await readFile(file, "utf8")).toBe("first");
    await writeFile(file, "one\ntwo\nthree\nfour");
    await bench.chat.send(`read ${file} 2 2`);
    expect(await bench.chat.expectFinished()).toBe("two\nthree");
    await bench.chat.send(`read ${file}`);
    expect(await bench.chat.expectFinished()).toBe("one\ntwo\nthree\nfour");
  });

  it.each([
    ["/etc/passwd", "lies outside of the working directory"],
    ["@/../../etc/passwd", "lies outside of the working directory"],
    ["notes.txt", "is not absolute"],
    ["@/missing", "refused"],
  ])("are no others: %s", async (path, reason) => {
    await using bench = await AcpBench.open();
    await bench.chat.send(`read ${path.replace("@", bench.server.workingDir)}`);
    expect(await bench.chat.expectFinished()).toContain(reason);
  });
});

describe("terminals that a program leaves to the server", () => {
  it("run commands on the machine of the conversation, with their output and their end", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send('run echo "$GREETING" from $PWD; exit 3');
    expect(JSON.parse(await bench.chat.expectFinished())).toEqual({
      exit: { exitCode: 3, signal: null },
      exitStatus: { exitCode: 3, signal: null },
      output: `hello from ${bench.server.workingDir}\n`,
      truncated: false,
    });
  });

  it("keep the end of an output that is too long", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("run seq 1 1000");
    const { output, truncated } = JSON.parse(await bench.chat.expectFinished());
    expect(truncated).toBe(true);
    expect(output).toHaveLength(1_000);
    expect(output).toMatch(/\n1000\n$/);
  });

  it("are bounded in number, and end with the session", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("terminals");
    expect(await bench.chat.expectFinished()).toMatch(/^32 terminals, then: .*at most 32 terminals/s);
  });
});

describe("the variables of a program", () => {
  it("are the secrets of the conversation, which win over those of the server's account for it", async () => {
    await using bench = await AcpBench.open({
      args: ["--env=ANTHROPIC_API_KEY,ANTHROPIC_BASE_URL,OPENAI_API_KEY,MY_SECRET,CLAUDECODE,OH_SECRET_KEY"],
      agent: { acp_server: "claude-code" },
      environment: {
        ANTHROPIC_API_KEY: "of-the-server",
        ANTHROPIC_BASE_URL: "https://proxy.example",
        OPENAI_API_KEY: "of-another-program",
        OH_SECRET_KEY: "never",
        CLAUDECODE: "1",
      },
      conversation: {
        secrets: {
          ANTHROPIC_API_KEY: { kind: "StaticSecret", value: "of-the-conversation" },
          MY_SECRET: { kind: "StaticSecret", value: "shown-to-programs" },
        },
      },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("start")[0]?.params.env).toEqual({
      ANTHROPIC_API_KEY: "of-the-conversation",
      ANTHROPIC_BASE_URL: "https://proxy.example",
      MY_SECRET: "shown-to-programs",
    });
  });

  it("leave out what would keep Claude Code from its subscription", async () => {
    await using bench = await AcpBench.open({
      args: ["--env=ANTHROPIC_API_KEY,ANTHROPIC_BASE_URL,CLAUDE_CODE_OAUTH_TOKEN"],
      environment: { ANTHROPIC_API_KEY: "key", ANTHROPIC_BASE_URL: "https://proxy.example" },
      agent: { acp_server: "claude-code" },
      conversation: {
        secrets: { CLAUDE_CODE_OAUTH_TOKEN: { kind: "StaticSecret", value: "token-of-mine" } },
      },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("start")[0]?.params.env).toEqual({ CLAUDE_CODE_OAUTH_TOKEN: "token-of-mine" });
  });

  it("never show in what it says or does", async () => {
    await using bench = await AcpBench.open({
      conversation: { secrets: { TOKEN: { kind: "StaticSecret", value: "a-very-secret-value" } } },
    });
    await bench.chat.send("env TOKEN\ntool t1 Use a-very-secret-value\nfail t1 a-very-secret-value");
    expect(await bench.chat.expectFinished()).toBe("TOKEN=<secret-hidden>");
    const cards = JSON.stringify(bench.events("ACPToolCallEvent"));
    expect(cards).not.toContain("a-very-secret-value");
    expect(cards).toContain("<secret-hidden>");
  });

  it("that are set later reach a program that can go on with its session", async () => {
    await using bench = await AcpBench.open({ args: ["--sessions=@/sessions"] });
    await bench.chat.send("env LATE");
    expect(await bench.chat.expectFinished()).toBe("LATE=(unset)");
    const conversation = await bench.server.conversations.open(bench.id);
    await conversation.setSecrets({
      LATE: { kind: "StaticSecret", value: "come-at-last", description: null },
    });
    await bench.chat.send("env LATE\nstate");
    expect(await bench.chat.expectFinished()).toMatch(/^LATE=<secret-hidden>.*"past":2/);
    expect(bench.recorded("session/load")).toHaveLength(1);
  });
});

describe("a secret that a program reads from a file", () => {
  const secrets = {
    CODEX_AUTH_JSON: { kind: "StaticSecret" as const, value: '{"tokens":{"refresh_token":"first"}}' },
  };

  it("is written for its user alone, where its variable leads, and removed at the end", async () => {
    const bench = await AcpBench.open({
      args: ["--env=CODEX_HOME,CODEX_AUTH_JSON", "--auth=api-key,chat-gpt", "--name=codex-acp"],
      agent: { acp_server: "codex" },
      conversation: { secrets },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    const { env } = bench.recorded("start")[0]?.params ?? {};
    expect(Object.keys(env)).toEqual(["CODEX_HOME"]);
    const file = join(env.CODEX_HOME, "auth.json");
    expect(await readFile(file, "utf8")).toBe(secrets.CODEX_AUTH_JSON.value);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(env.CODEX_HOME)).mode & 0o777).toBe(0o700);
    expect(bench.recorded("authenticate")).toMatchObject([{ params: { methodId: "chat-gpt" } }]);
    await bench.server.close();
    expect(await stat(file).catch(() => null)).toBeNull();
    await bench[Symbol.asyncDispose]();
  });

  it("that the program has renewed stays for its next start", async () => {
    await using bench = await AcpBench.open({
      args: ["--env=CODEX_HOME", "--sessions=@/sessions"],
      agent: { acp_server: "codex" },
      conversation: { secrets },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    const file = join(bench.recorded("start")[0]?.params.env.CODEX_HOME, "auth.json");
    await bench.chat.send(`rewrite ${file} renewed\ncrash`);
    await bench.chat.expectFailed("ACPPromptError");
    await bench.chat.send(`file ${file}`, { run: false });
    await (await bench.server.conversations.open(bench.id)).setSecrets({});
    await (await bench.server.conversations.open(bench.id)).run();
    await until(() => bench.recorded("start").length === 2);
    expect(await readFile(file, "utf8")).toBe("renewed");
  });

  it("of another program is a variable like any other", async () => {
    await using bench = await AcpBench.open({
      args: ["--env=CODEX_HOME,CODEX_AUTH_JSON"],
      agent: { acp_server: "claude-code" },
      conversation: { secrets },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("start")[0]?.params.env).toEqual({
      CODEX_AUTH_JSON: secrets.CODEX_AUTH_JSON.value,
    });
  });
});

describe("a sign-in", () => {
  it.each([
    ["api-key", { OPENAI_API_KEY: "k" }, { methodId: "api-key" }],
    [
      "gemini-api-key",
      { GEMINI_API_KEY: "k", GEMINI_BASE_URL: "https://proxy.example" },
      { methodId: "gemini-api-key", _meta: { gateway: { baseUrl: "https://proxy.example" } } },
    ],
  ])("is done where its credentials are there: %s", async (method, values, params) => {
    const secrets = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        { kind: "StaticSecret" as const, value: `${value}` },
      ]),
    );
    await using bench = await AcpBench.open({
      args: [`--auth=chat-gpt,${method}`, "--name=gemini-cli-acp"],
      conversation: { secrets },
    });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("authenticate")).toEqual([{ method: "authenticate", params }]);
  });

  it("is left out where there are none: the session may begin all the same", async () => {
    await using bench = await AcpBench.open({ args: ["--auth=api-key,vertex-ai,claude-login"] });
    await bench.chat.send("say hello");
    await bench.chat.expectFinished();
    expect(bench.recorded("authenticate")).toEqual([]);
  });
});

it("MCP servers of the agent are passed on, as far as the program has a way to them", async () => {
  await using bench = await AcpBench.open({
    agent: {
      mcp_config: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable of a server.
        files: { command: "mcp-files", args: ["--root"], env: { KEY: "${TOKEN}" } },
        web: {
          url: "https://mcp.example/web",
          headers: { "X-Team": "a" },
          auth: { strategy: "bearer", value: "b" },
        },
        signed: {
          url: "https://mcp.example/signed",
          auth: { strategy: "oauth2", state: { tokens: { access_token: "token-of-oauth" } } },
        },
        events: { url: "https://mcp.example/sse", transport: "sse" },
        off: { command: "never", enabled: false },
      },
    },
    conversation: { secrets: { TOKEN: { kind: "StaticSecret", value: "filled-in" } } },
  });
  await bench.chat.send("say hello");
  await bench.chat.expectFinished();
  expect(bench.recorded("session/new")[0]?.params.mcpServers).toEqual([
    { name: "files", command: "mcp-files", args: ["--root"], env: [{ name: "KEY", value: "filled-in" }] },
    {
      type: "http",
      name: "web",
      url: "https://mcp.example/web",
      headers: [
        { name: "X-Team", value: "a" },
        { name: "Authorization", value: "Bearer b" },
      ],
    },
    {
      type: "http",
      name: "signed",
      url: "https://mcp.example/signed",
      headers: [{ name: "Authorization", value: "Bearer token-of-oauth" }],
    },
  ]);
});

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
}
