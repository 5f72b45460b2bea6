import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ServerOptions } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ScriptedModel, startScriptedModel } from "../differential/scripted-model.ts";
import { type RunningServer, startReference } from "../differential/servers.ts";
import { spawnCommand } from "./spawn-server.ts";

/** The release that this server follows, and the oldest whose data it opens. */
const NEWEST = "1.58.2";
const VERSIONS = ["1.43.1", NEWEST];

function folderOf(version: string): string {
  const cached = join(homedir(), `.cache/agent-server/reference-${version}`);
  return version === NEWEST ? (process.env.AGENT_SERVER_REFERENCE ?? cached) : cached;
}

const installed = VERSIONS.filter((version) => existsSync(join(folderOf(version), "installed")));
for (const version of VERSIONS.filter((each) => !installed.includes(each)))
  process.stderr.write(
    `\n!!! SKIPPED: the reference ${version} is not installed in ${folderOf(version)}\n\n`,
  );

const KEY = { OH_SECRET_KEY: "a-key-of-both" };

interface Page {
  items: { kind: string; source: string }[];
}

type Ask = <T>(path: string, body?: object) => Promise<T>;

const headers = { "content-type": "application/json", "X-Expose-Secrets": "plaintext" };

function asking(send: (path: string, init: RequestInit) => Promise<Response>): Ask {
  return async <T>(path: string, body?: object) => {
    const response = await send(path, {
      headers,
      ...(body !== undefined && { method: path === SECRETS ? "PUT" : "POST", body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
}

const SECRETS = "/api/settings/secrets";
const events = (id: string) => `/api/conversations/${id}/events/search?limit=100`;

async function ours(
  data: string,
  work: (ask: Ask) => Promise<void>,
  options: Partial<ServerOptions> = { secretKey: KEY.OH_SECRET_KEY },
): Promise<void> {
  await using server = createServer({
    keyless: "loopback",
    conversationsPath: data,
    environment: {},
    logger: "silent",
    ...options,
  });
  await work(asking((path, init) => server.fetch(new Request(`http://localhost${path}`, init))));
}

async function theirs(
  folder: string,
  work: (ask: Ask) => Promise<void>,
  { version = NEWEST, key = KEY }: { version?: string; key?: Record<string, string> } = {},
): Promise<void> {
  const python = join(folderOf(version), "bin/python");
  const server: RunningServer = await startReference(python, folder, key);
  try {
    await work(asking((path, init) => fetch(server.url + path, init)));
  } finally {
    await server.stop();
  }
}

async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
  const run = spawnCommand({ cwd: tmpdir(), args, environment: KEY });
  if (run.process.exitCode === null) await once(run.process, "close");
  return { code: run.process.exitCode, output: run.stdout() + run.stderr() };
}

/** Runs a conversation with a tool and a secret, and waits for its end. */
async function converse(ask: Ask, model: ScriptedModel, workingDir: string): Promise<string> {
  const steps = [{ calls: [{ name: "terminal", args: { command: "echo hi $TOKEN" } }] }, { text: "Done." }];
  const llm = {
    model: "openai/scripted",
    base_url: model.load("tale", steps),
    api_key: "sk-model",
    usage_id: "agent",
  };
  const { id } = await ask<{ id: string }>("/api/conversations", {
    agent: { kind: "Agent", llm, tools: [{ name: "terminal" }] },
    workspace: { kind: "LocalWorkspace", working_dir: workingDir },
    secrets: { TOKEN: { kind: "StaticSecret", value: "super-secret-token" } },
    tags: { origin: "reference" },
    initial_message: { role: "user", content: [{ type: "text", text: "Say hi" }], run: true },
  });
  await finished(ask, id);
  return id;
}

async function finished(ask: Ask, id: string): Promise<void> {
  const status = async () =>
    (await ask<{ execution_status: string }>(`/api/conversations/${id}`)).execution_status;
  await expect.poll(status, { timeout: 300_000, interval: 200 }).toBe("finished");
}

/** The parts of a conversation that must not change; where it is kept may. */
async function told(ask: Ask, id: string): Promise<object> {
  const {
    persistence_dir: _,
    runtime_info: __,
    ...info
  } = await ask<Record<string, unknown>>(`/api/conversations/${id}`);
  return { info, events: await ask<Page>(events(id)) };
}

describe.runIf(installed.includes(NEWEST))("data of the reference", () => {
  it("is the same here as there, goes on here, and opens there again", async () => {
    const top = mkdtempSync(join(tmpdir(), "agent-server-reference-"));
    onTestFinished(() => rmSync(top, { recursive: true, force: true }));
    const [work, again, data] = [join(top, "work"), join(top, "again"), join(top, "ours")];
    for (const folder of [work, again, join(top, "home"), join(top, "project")]) mkdirSync(folder);
    const model = await startScriptedModel();
    onTestFinished(() => model.close());

    let id = "";
    let before: unknown;
    await theirs(work, async (ask) => {
      await ask(SECRETS, { name: "KEPT", value: "kept-value", description: null });
      await ask("/api/profiles/fast", {
        llm: { model: "openai/gpt-4o", api_key: "sk-profile" },
        include_secrets: true,
      });
      id = await converse(ask, model, join(top, "project"));
      before = await told(ask, id);
    });

    const imported = await command("import", work, join(top, "home"), "--data", data);
    expect(imported).toEqual({ code: 0, output: expect.stringContaining("imported: 1 conversations with ") });
    let after: Page = { items: [] };
    await ours(data, async (ask) => {
      expect(await told(ask, id)).toEqual(before);
      expect(await ask("/api/profiles/fast")).toMatchObject({ config: { api_key: "sk-profile" } });
      expect(await ask(SECRETS)).toMatchObject({ secrets: [{ name: "KEPT" }] });
      const { items } = await ask<Page>(events(id));
      await ask(`/api/conversations/${id}/events`, {
        role: "user",
        content: [{ type: "text", text: "More" }],
        run: true,
      });
      const isAnswered = async () =>
        (await ask<Page>(events(id))).items.slice(items.length + 1).some(({ source }) => source === "agent");
      await expect.poll(isAnswered, { timeout: 60_000 }).toBe(true);
      await finished(ask, id);
      after = await ask<Page>(events(id));
    });

    const exported = await command(
      "export",
      id,
      "--data",
      data,
      "--to",
      join(again, "workspace/conversations"),
    );
    expect(exported).toMatchObject({ code: 0 });
    await theirs(again, async (ask) => {
      expect(await ask("/api/conversations/search")).toMatchObject({
        items: [{ id, execution_status: "finished" }],
      });
      expect(await ask<Page>(events(id))).toEqual(after);
    });
  }, 1_200_000);
});

/** The text of every file below a folder that the reference has written, but its locks. */
function filesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith("agent-server.db") && !entry.name.endsWith(".lock"),
  );
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}

/** The parts of a conversation that every release shows. */
const SHOWN = [
  "id",
  "title",
  "execution_status",
  "tags",
  "created_at",
  "max_iterations",
  "workspace",
] as const;

interface Listed {
  items: Record<(typeof SHOWN)[number], unknown>[];
}

const shown = ({ items }: Listed) => items.map((item) => SHOWN.map((key) => item[key]));

const CASES = installed.flatMap((version) => [
  { version, key: KEY as Record<string, string>, kind: "with a secret key" },
  { version, key: {}, kind: "without a secret key" },
]);

describe.each(CASES)("the folder of the reference $version $kind", ({ version, key }) => {
  it("is opened where it lies, and opens there again", async () => {
    const top = mkdtempSync(join(tmpdir(), "agent-server-reference-"));
    onTestFinished(() => rmSync(top, { recursive: true, force: true }));
    const work = join(top, "work");
    for (const folder of [work, join(top, "home"), join(top, "project")]) mkdirSync(folder);
    const model = await startScriptedModel();
    onTestFinished(() => model.close());
    let id = "";
    let list: Listed = { items: [] };
    let log: Page = { items: [] };
    await theirs(
      work,
      async (ask) => {
        await ask(SECRETS, { name: "KEPT", value: "kept-value", description: null });
        await ask("/api/profiles/fast", {
          llm: { model: "openai/gpt-4o", api_key: "sk-profile" },
          include_secrets: true,
        });
        id = await converse(ask, model, join(top, "project"));
        list = await ask<Listed>("/api/conversations/search");
        log = await ask<Page>(events(id));
      },
      { version, key },
    );

    const conversations = join(work, "workspace/conversations");
    const before = filesIn(conversations);
    const userDir = join(top, "home/.openhands");
    const secretKey = key.OH_SECRET_KEY;
    const options = { userDir, ...(secretKey !== undefined && { secretKey }) };
    await ours(
      conversations,
      async (ask) => {
        expect(shown(await ask<Listed>("/api/conversations/search"))).toEqual(shown(list));
        expect(await ask<Page>(events(id))).toEqual(log);
        expect(await ask("/api/profiles/fast")).toMatchObject({ config: { api_key: "sk-profile" } });
        expect(await ask(SECRETS)).toMatchObject({ secrets: [{ name: "KEPT" }] });
        if (secretKey === undefined)
          await ask(`/api/conversations/${id}/switch_llm`, {
            llm: {
              model: "openai/scripted",
              base_url: model.load("tale", [{ text: "Again." }]),
              api_key: "k",
            },
          });
        await ask(`/api/conversations/${id}/events`, {
          role: "user",
          content: [{ type: "text", text: "More" }],
          run: true,
        });
        const words = async () => (await ask<Page>(events(id))).items.at(-1)?.source ?? "";
        await expect.poll(words, { timeout: 60_000 }).not.toBe("user");
        await finished(ask, id);
      },
      options,
    );
    expect(filesIn(conversations)).toMatchObject(before);
    await theirs(
      work,
      async (ask) => {
        expect(shown(await ask<Listed>("/api/conversations/search"))).toEqual(shown(list));
        expect(await ask<Page>(events(id))).toEqual(log);
      },
      { version, key },
    );
  }, 1_200_000);
});
