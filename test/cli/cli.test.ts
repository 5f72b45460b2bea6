import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_CONTAINERS, TEST_OPTIONS } from "../workspace/container/open-container.ts";
import { TEST_IMAGE } from "../workspace/container/test-image.ts";
import { MISSING } from "../workspace/sandbox/open-sandbox.ts";
import { spawnCommand, spawnServer } from "./spawn-server.ts";

const shell = promisify(execFile);

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "agent-server-cli-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function run(args: string[], environment: Record<string, string> = {}) {
  const command = spawnCommand({ cwd, args, environment });
  const code = await new Promise<number | null>((done) => command.process.once("exit", done));
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

describe("agent-server", () => {
  it("says where it is, whether keys are set and where data lies", async () => {
    const server = await spawnServer({ cwd });
    await expect.poll(server.stdout).toContain("Secrets");
    expect(server.stdout()).toMatch(/^API docs +http:\/\/127\.0\.0\.1:\d+\/docs$/m);
    expect(server.stdout()).toMatch(/^Keys +none set/m);
    expect(server.stdout()).toMatch(/^Conversations +workspace\/conversations$/m);
    expect(server.stdout()).toMatch(/^Secrets +of settings in clear, of conversations not stored/m);
    expect(server.stderr()).toContain("no secret key is set");
    expect(await server.stop()).toBe(0);
  });

  it("prints commands to try that work on this very port", async () => {
    const server = await spawnServer({ cwd, environment: { TMPDIR: cwd } });
    await expect.poll(server.stdout).toContain("npm run demo");
    const [create = "", list = ""] = server.stdout().match(/curl .+/g) ?? [];
    const created = JSON.parse((await shell("sh", ["-c", create])).stdout);
    const { items } = JSON.parse((await shell("sh", ["-c", list])).stdout);
    expect(items).toMatchObject([{ id: created.id }]);
    await server.stop();
  });

  it("takes keys from the environment and a config file", async () => {
    const server = await spawnServer({
      cwd,
      args: ["--host", "127.0.0.1"],
      environment: { OH_SESSION_API_KEYS_0: "k" },
    });
    const count = (key: string) =>
      fetch(`${server.url}/api/conversations/count`, { headers: { "X-Session-API-Key": key } });
    expect([(await count("k")).status, (await count("other")).status]).toEqual([200, 401]);
    await server.stop();
  });

  it("says so when the port is taken, and names --port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run(["--port", String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain("--port");
  });

  it("says so when the data is in use by another server", async () => {
    const server = await spawnServer({ cwd });
    const { code, stderr } = await run(["--port", "0"]);
    await server.stop();
    expect(code).toBe(1);
    expect(stderr).toContain("in use by another agent-server");
  });

  it("refuses to serve other machines without a key, unless told so by an alarming flag", async () => {
    const { code, stderr } = await run(["--port", "0", "--host", "0.0.0.0"]);
    expect(code).toBe(1);
    expect(stderr).toContain("--dangerously-allow-unauthenticated");
    const server = await spawnServer({
      cwd,
      args: ["--host", "0.0.0.0", "--dangerously-allow-unauthenticated"],
    });
    expect((await fetch(`http://127.0.0.1:${new URL(server.url).port}/health`)).status).toBe(200);
    await server.stop();
  });

  it("warns about settings it does not know, by name", async () => {
    const server = await spawnServer({
      cwd,
      args: ["--reload"],
      environment: { OH_STATIC_FILES_PATH: "1", OH_TYPO: "x" },
    });
    expect(server.stderr()).toContain("--reload: this flag has no effect");
    expect(server.stderr()).toContain("OH_STATIC_FILES_PATH: this setting has no effect");
    expect(server.stderr()).toContain("OH_TYPO: unknown variable, ignored");
    await server.stop();
  });

  it.each([
    [["--port", "many"], "--port: expected a number"],
    [["--nonsense"], "--nonsense"],
    [["--prot", "1"], "unknown option: --prot. Did you mean --port?"],
    [["sevre"], "unknown command: sevre. Did you mean serve?"],
    [["serve", "here"], 'serve: expected nothing but options, got "here"'],
    [["completion", "tcsh"], "completion: expected one shell: bash, zsh or fish"],
    [["constructor", "--port", "1"], "unknown command: constructor"],
    [["--data", "/srv"], "--data: not a flag of the server, but of doctor, import, export, reseal and keys"],
    [["demo", "--container", "a:1"], "--container: not a flag of demo, but of the server"],
    [["--sandbox", "--sandbox-network", "some"], "--sandbox-network: expected none or host"],
    [["--sandbox-root", "/srv"], "need --sandbox"],
    [["--container-root", "/srv"], "--container-root needs --container"],
    [["--container", "a:1", "--sandbox"], "only one of them is possible"],
    [["--container", "a:1", "--container-engine", "lxc"], "--container-engine: expected podman or docker"],
  ])("refuses %j with exit code 2 and points to --help", async (args, words) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).toContain("--help");
  });

  it.skipIf(MISSING)("works in sandboxes below a root when it is asked to", async () => {
    const server = await spawnServer({ cwd, args: ["--sandbox"], environment: { TMPDIR: cwd } });
    await expect.poll(server.stdout).toContain("npm run demo");
    expect(server.stdout()).toMatch(/^Sandbox +bubblewrap, network: none$/m);
    const [create = ""] = server.stdout().match(/curl .+/g) ?? [];
    const { id } = JSON.parse((await shell("sh", ["-c", create])).stdout);
    const answer = async () =>
      (await fetch(`${server.url}/api/conversations/${id}/agent_final_response`)).json();
    await expect.poll(answer).toMatchObject({ response: expect.stringContaining("tour") });
    expect(await readFile(join(cwd, "workspace/projects/tour/NOTES.md"), "utf8")).toContain("Notes");
    await server.stop();
  });

  it("does not give sandboxes the network of a server that anything on this machine may use", async () => {
    const { code, stderr } = await run(["--port", "0", "--sandbox", "--sandbox-network", "host"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("--sandbox-network host: set a key")]);
  });

  it("does not give containers a network in which anything may use the server", async () => {
    const { code, stderr } = await run([
      ...["--port", "0", "--container", TEST_IMAGE, "--container-network", "bridge"],
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("--container-network bridge: set a key")]);
  });

  it.skipIf(NO_CONTAINERS)(
    "works in containers when it is asked to, and stops them with itself",
    async () => {
      const engineArguments = TEST_OPTIONS.engineArguments.map(
        (argument) => `--container-argument=${argument}`,
      );
      const args = ["--container", TEST_IMAGE, ...engineArguments];
      const server = await spawnServer({ cwd, args, environment: { TMPDIR: cwd } });
      await expect.poll(server.stdout).toContain("npm run demo");
      expect(server.stdout()).toMatch(
        /^Containers +podman, image: localhost\/agent-server-test:\d+, network: none$/m,
      );
      const [create = ""] = server.stdout().match(/curl .+/g) ?? [];
      const { id } = JSON.parse((await shell("sh", ["-c", create])).stdout);
      const answer = async () =>
        (await fetch(`${server.url}/api/conversations/${id}/agent_final_response`)).json();
      await expect.poll(answer).toMatchObject({ response: expect.stringContaining("tour") });
      const running = () => shell("podman", ["ps", "--format", "{{.Mounts}}"]);
      expect((await running()).stdout).toContain(cwd);
      await server.stop();
      expect((await running()).stdout).not.toContain(cwd);
    },
  );

  it.runIf(MISSING)("does not start without the sandbox it was asked for", async () => {
    const { code, stderr } = await run(["--port", "0", "--sandbox"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("The sandbox was asked for and cannot be had"),
    ]);
  });

  it("compiles its sources once, not at every start", async () => {
    const args = ["export", crypto.randomUUID(), "--fixture"];
    await run(args);
    const { stderr } = await run(args, { NODE_DEBUG_NATIVE: "COMPILE_CACHE" });
    expect(stderr).toMatch(/src\/cli\/export\.ts was accepted/);
  });

  it("demo runs a conversation and prints it for people", async () => {
    const workspace = join(cwd, "demo");
    const { code, stdout } = await run(["demo", "--workspace", workspace], { TMPDIR: cwd });
    expect((await readdir(cwd)).filter((name) => name.startsWith("agent-server-demo-"))).toEqual([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^action +│ terminal command=/m);
    expect(stdout).toMatch(/^status +│ finished$/m);
    expect(await readFile(join(workspace, "NOTES.md"), "utf8")).toContain("Notes");
  });
});

describe("a restart", () => {
  const secretsOf = async (url: string, id: string) => {
    const info = (await (await fetch(`${url}/api/conversations/${id}`)).json()) as Record<string, unknown>;
    return (info.secret_registry as { secret_sources: Record<string, unknown> }).secret_sources;
  };

  async function createWithSecret(url: string): Promise<string> {
    const response = await fetch(`${url}/api/conversations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }] },
        workspace: { working_dir: join(cwd, "project") },
        secrets: { TOKEN: { kind: "StaticSecret", value: "a-secret-value" } },
      }),
    });
    return ((await response.json()) as { id: string }).id;
  }

  it("with another OH_SECRET_KEY warns and leaves the ciphertext for the right one", async () => {
    const folder = await mkdtemp(join(cwd, "restart-"));
    const first = await spawnServer({ cwd: folder, environment: { OH_SECRET_KEY: "right" } });
    const id = await createWithSecret(first.url);
    await first.stop();

    const second = await spawnServer({ cwd: folder, environment: { OH_SECRET_KEY: "wrong" } });
    const content = [{ type: "text", text: "Hello." }];
    await post(`${second.url}/api/conversations/${id}/events`, { content });
    expect(Object.keys(await secretsOf(second.url, id))).toEqual(["TOKEN"]);
    await expect.poll(second.stderr).toContain("Secrets are lost: they were encrypted with another key");
    await second.stop();

    const database = await readFile(join(folder, "workspace/conversations/agent-server.db"));
    expect(database.includes("a-secret-value")).toBe(false);
    const third = await spawnServer({ cwd: folder, environment: { OH_SECRET_KEY: "right" } });
    await post(`${third.url}/api/conversations/${id}/events`, {
      content: [{ type: "text", text: "Hello." }],
    });
    expect(third.stderr()).not.toContain("Secrets are lost");
    await third.stop();
  });

  function post(url: string, body: object): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  }
});
