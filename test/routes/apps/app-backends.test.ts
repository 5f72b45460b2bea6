import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { archiveOf, CAN_RUN, ECHO, writeApp } from "./app-sources.ts";
import { openApps, startApp } from "./open-apps.ts";

const BACKEND = "/api/canvas-extensions/installed/notes/backend";

describe.skipIf(!CAN_RUN)("the back end of an extension", { timeout: 90_000 }, () => {
  it("is verified, unpacked, started until it is healthy, and stopped", async () => {
    const apps = await openApps();
    const { ask } = apps;
    expect((await ask("GET", BACKEND)).body).toEqual({
      name: "notes",
      state: "missing",
      revision: null,
      prepared_revision: null,
      pid: null,
      port: null,
      detail: "Canvas App is not installed or its manifest is invalid",
    });
    const started = await startApp(apps, "notes");
    const { revision, pid, port } = started.body;
    expect(started).toMatchObject({
      status: 200,
      body: { state: "ready", revision: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), detail: null },
    });
    expect(started.body.prepared_revision).toBe(revision);
    expect(isAlive(pid)).toBe(true);
    expect(await (await fetch(`http://127.0.0.1:${port}/health`)).text()).toBe("well");
    expect((await ask("POST", `${BACKEND}/start`, { body: { revision } })).body).toEqual(started.body);
    expect((await ask("POST", `${BACKEND}/stop`)).body).toMatchObject({
      state: "stopped",
      pid: null,
      port: null,
    });
    expect(isAlive(pid)).toBe(false);
    expect((await ask("POST", `${BACKEND}/stop`)).body.state).toBe("stopped");
  });

  it("sees its home folder, the variables it names, and nothing of the server", async () => {
    const apps = await openApps({ commandEnvironment: { TZ: "Europe/Oslo", PASSWORD: "hidden" } });
    const { body } = await startApp(apps, "notes", {
      program: ECHO,
      backend: { inherit_environment: ["TZ", "PATH"] },
    });
    const seen = (await (await fetch(`http://127.0.0.1:${body.port}/`)).json()) as {
      env: Record<string, string>;
      cwd: string;
      data: string;
    };
    const root = join(apps.home, ".openhands/canvas-extensions");
    expect(Object.keys(seen.env).sort()).toEqual(["AGENT_SERVER_APP", "HOME", "PATH", "TZ"]);
    expect(seen.env).toMatchObject({ TZ: "Europe/Oslo", HOME: join(root, "backends/data/notes/home") });
    expect(seen.cwd).toBe(join(root, "installed/notes"));
    expect(seen.data).toBe(join(root, "backends/data/notes"));
  });

  it("has the end of its output in the log, with the stream of each piece", async () => {
    const apps = await openApps();
    const { body } = await startApp(apps, "notes");
    await expect
      .poll(async () => (await apps.ask("GET", `${BACKEND}/logs`)).body.logs)
      .toContain("[stderr] a warning\n");
    const { logs, truncated } = (await apps.ask("GET", `${BACKEND}/logs`)).body;
    expect(logs).toContain(`[stdout] listening on ${body.port}\n`);
    expect(truncated).toBe(false);
    const some = (await apps.ask("GET", `${BACKEND}/logs?limit_bytes=5`)).body;
    expect(some).toEqual({ name: "notes", logs: logs.slice(-5), truncated: true });
    expect((await apps.ask("GET", `${BACKEND}/logs?limit_bytes=0`)).status).toBe(422);
    expect((await apps.ask("GET", `${BACKEND}/logs?limit_bytes=262145`)).status).toBe(422);
    const none = await apps.ask("GET", "/api/canvas-extensions/installed/other/backend/logs");
    expect(none.body).toEqual({ name: "other", logs: "", truncated: false });
  });

  it("keeps its data when the extension is removed, until the data is", async () => {
    const apps = await openApps();
    const program = `require("node:fs").writeFileSync(process.argv[3] + "/kept", "x");${ECHO}`;
    await startApp(apps, "notes", { program });
    const data = join(apps.home, ".openhands/canvas-extensions/backends/data/notes");
    expect(await apps.ask("DELETE", `${BACKEND}/data`)).toMatchObject({
      status: 409,
      body: { detail: "stop the backend before deleting its data" },
    });
    await apps.ask("DELETE", "/api/canvas-extensions/installed/notes");
    expect(readFileSync(join(data, "kept"), "utf8")).toBe("x");
    expect((await apps.ask("DELETE", `${BACKEND}/data`)).body.state).toBe("missing");
    expect(existsSync(data)).toBe(false);
  });

  it("ends when its extension is disabled or removed", async () => {
    const apps = await openApps();
    for (const [method, options] of [["PATCH", { body: { enabled: false } }], ["DELETE"]] as const) {
      const { body } = await startApp(apps, "notes");
      expect(body).toMatchObject({ state: "ready", pid: expect.any(Number) });
      const ended = await apps.ask(method, "/api/canvas-extensions/installed/notes", options);
      expect(ended.status).toBe(200);
      expect(isAlive(body.pid)).toBe(false);
    }
  });

  it("ends with the server", async () => {
    const apps = await openApps();
    const { body } = await startApp(apps, "notes");
    await apps.close();
    expect(isAlive(body.pid)).toBe(false);
  });

  it("runs the revision that was approved, and no other one", async () => {
    const apps = await openApps();
    const { ask, folder } = apps;
    const path = await writeApp(folder, "notes", { program: ECHO });
    await ask("POST", "/api/canvas-extensions/install", { body: { source: path } });
    const { revision } = (await ask("GET", BACKEND)).body;
    const refused = async (verb: string, given: string) =>
      (await ask("POST", `${BACKEND}/${verb}`, { body: { revision: given } })).body.detail;
    expect(await refused("prepare", "another")).toBe("approval revision does not match installed revision");
    expect(await refused("start", "another")).toBe("approval revision does not match installed revision");
    expect(await refused("start", revision)).toBe("backend revision must be prepared before start");
    await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
    await ask("POST", `${BACKEND}/start`, { body: { revision } });
    expect(await refused("start", "another")).toBe("a different backend revision is already running");
    expect(
      await ask("POST", "/api/canvas-extensions/install", { body: { source: path, force: true } }),
    ).toMatchObject({
      status: 409,
      body: { detail: "Stop running Canvas App backends before a forced install" },
    });
    await ask("POST", `${BACKEND}/stop`);
    const again = await ask("POST", "/api/canvas-extensions/install", {
      body: { source: path, force: true },
    });
    expect(again.status).toBe(200);
    expect((await ask("GET", BACKEND)).body.prepared_revision).toBeNull();
    expect(await refused("start", revision)).toBe("backend revision must be prepared before start");
    expect((await ask("POST", `${BACKEND}/start`, { body: { revision: "" } })).status).toBe(422);
  });

  it("is started once by callers who ask at one moment, and can be stopped meanwhile", async () => {
    const apps = await openApps();
    const { ask } = apps;
    const program = `setTimeout(() => {}, 1e6); process.on("SIGTERM", () => process.exit(0));`;
    const path = await writeApp(apps.folder, "notes", {
      program,
      backend: { health: { timeout_seconds: 300 } },
    });
    await ask("POST", "/api/canvas-extensions/install", { body: { source: path } });
    const { revision } = (await ask("GET", BACKEND)).body;
    await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
    const starts = [1, 2, 3].map(() => ask("POST", `${BACKEND}/start`, { body: { revision } }));
    await expect.poll(async () => (await ask("GET", BACKEND)).body.pid).toEqual(expect.any(Number));
    expect((await ask("GET", BACKEND)).body.state).toBe("starting");
    await ask("POST", `${BACKEND}/stop`);
    const states = (await Promise.all(starts)).map(({ body }) => body.state);
    expect(states).toEqual(["stopped", "stopped", "stopped"]);
  });

  it("is not there on a machine that the server shares no network with", async () => {
    const { ask, folder } = await openApps();
    const path = await writeApp(folder, "notes", {
      program: ECHO,
      backend: { artifacts: { "linux-arm64": { path: "a.tar.gz", sha256: "0".repeat(64) } } },
    });
    await ask("POST", "/api/canvas-extensions/install", { body: { source: path } });
    const foreign = process.arch !== "arm64";
    const { body } = await ask("GET", BACKEND);
    expect(body.state).toBe(foreign ? "unsupported" : "stopped");
    const plain = await writeApp(folder, "plain");
    await ask("POST", "/api/canvas-extensions/install", { body: { source: plain } });
    expect((await ask("GET", "/api/canvas-extensions/installed/plain/backend")).body).toMatchObject({
      state: "unsupported",
      detail: "Canvas App does not declare a backend",
    });
  });
});

describe.skipIf(!CAN_RUN)("a back end that means harm", { timeout: 90_000 }, () => {
  it("never becomes healthy: it is ended with all that it has started", async () => {
    const apps = await openApps();
    const program = `
      const { spawn } = require("node:child_process");
      const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "inherit" });
      const other = spawn("/bin/sleep", ["1000"], { stdio: "ignore" });
      console.log("pids " + child.pid + " " + other.pid);
      process.on("SIGTERM", () => {});
      require("node:http").createServer((_, answer) => { answer.statusCode = 500; answer.end(); }).listen(+process.argv[2]);`;
    const { body } = await startApp(apps, "notes", {
      program,
      backend: { health: { timeout_seconds: 1.5, interval_seconds: 0.1 } },
    });
    expect(body).toMatchObject({ state: "unhealthy", detail: "backend health check timed out", pid: null });
    const { logs } = (await apps.ask("GET", `${BACKEND}/logs`)).body;
    const pids = /pids (\d+) (\d+)/.exec(logs)?.slice(1).map(Number) ?? [];
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.some(isAlive)).toBe(false);
  });

  it("exits at once, and says with which code", async () => {
    const apps = await openApps();
    const { body } = await startApp(apps, "notes", { program: `console.log("no"); process.exit(7);` });
    expect(body).toMatchObject({ state: "unhealthy", detail: "backend exited with code 7" });
    const killed = await startApp(apps, "notes", { program: `process.kill(process.pid, "SIGKILL");` });
    expect(killed.body).toMatchObject({ state: "unhealthy", detail: "backend exited with code -9" });
  });

  it("crashes later, and is unhealthy from then on", async () => {
    const apps = await openApps();
    const { body } = await startApp(apps, "notes");
    process.kill(body.pid, "SIGKILL");
    await expect
      .poll(async () => (await apps.ask("GET", BACKEND)).body)
      .toMatchObject({ state: "unhealthy", detail: "Backend exited with code -9", pid: null, port: null });
  });

  it("answers with a redirect, which is healthy and leads nowhere", async () => {
    const apps = await openApps();
    const program = `require("node:http").createServer((_, answer) => {
      answer.writeHead(302, { location: "http://169.254.169.254/" }).end();
    }).listen(+process.argv[2], "127.0.0.1");`;
    expect((await startApp(apps, "notes", { program })).body.state).toBe("ready");
  });

  it("floods the log, of which the end is kept", async () => {
    const apps = await openApps();
    const program = `${ECHO}; process.stdout.write("x".repeat(5 * 1024 * 1024) + "the end");`;
    await startApp(apps, "notes", { program });
    const read = async () => (await apps.ask("GET", `${BACKEND}/logs?limit_bytes=262144`)).body;
    await expect.poll(async () => (await read()).logs.endsWith("the end")).toBe(true);
    const { logs, truncated } = await read();
    expect(truncated).toBe(true);
    expect(logs.length).toBeLessThanOrEqual(262_144);
  });

  it("has its program elsewhere, and does not run", async () => {
    const apps = await openApps();
    for (const [argv, file] of [
      [["{artifact_dir}/../../../../../../../bin/sh"], "bin/server"],
      [["{artifact_dir}/bin"], "bin/server"],
      [["{artifact_dir}/missing"], "bin/server"],
      [["/bin/sh{artifact_dir}"], "bin/server"],
    ] as const) {
      const archive = await archiveOf([{ name: file, text: "#!/bin/sh\n" }]);
      const { body } = await startApp(apps, "notes", { archive, backend: { argv } });
      expect(body).toMatchObject({
        state: "unhealthy",
        detail: "backend executable must be an executable regular file inside the prepared artifact",
      });
    }
    const archive = await archiveOf([{ name: "bin/server", text: "#!/bin/sh\n", mode: 0o644 }]);
    expect((await startApp(apps, "notes", { archive })).body.state).toBe("unhealthy");
  });

  it("is an archive with another checksum, a path that leads out, a link, a device or too much", async () => {
    const apps = await openApps();
    const { ask, folder } = apps;
    const prepare = async (archive: Uint8Array, backend: object = {}) => {
      const path = await writeApp(folder, "notes", { archive, backend });
      const installed = await ask("POST", "/api/canvas-extensions/install", {
        body: { source: path, force: true },
      });
      expect(installed.status).toBe(200);
      const { revision } = (await ask("GET", BACKEND)).body;
      const { status, body } = await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
      expect(status).toBe(409);
      return body.detail;
    };
    const unsafe = "backend artifact contains an unsafe archive entry";
    expect(await prepare(await archiveOf([{ name: "../out", text: "x" }]))).toBe(unsafe);
    expect(await prepare(await archiveOf([{ name: "/etc/out", text: "x" }]))).toBe(unsafe);
    expect(await prepare(await archiveOf([{ name: "a/../../out", text: "x" }]))).toBe(unsafe);
    expect(await prepare(await archiveOf([{ name: "a", type: "symlink", linkname: "/etc/passwd" }]))).toBe(
      unsafe,
    );
    expect(await prepare(await archiveOf([{ name: "a", type: "link", linkname: "b" }]))).toBe(unsafe);
    expect(await prepare(await archiveOf([{ name: "a", type: "fifo" }]))).toBe(unsafe);
    expect(
      await prepare(
        await archiveOf([
          { name: "a", text: "1" },
          { name: "./a", text: "2" },
        ]),
      ),
    ).toBe(unsafe);
    expect(
      await prepare(
        await archiveOf([
          { name: "a", text: "1" },
          { name: "a/b", text: "2" },
        ]),
      ),
    ).toBe(unsafe);
    expect(await prepare(Buffer.from("no archive"))).toBe("backend artifact is not a valid gzip tar archive");
    const whole = await archiveOf([{ name: "a", text: "y".repeat(100_000) }]);
    expect(await prepare(whole.subarray(0, whole.length - 20))).toBe(
      "backend artifact is not a valid gzip tar archive",
    );
    const wrong = { artifacts: artifactOf({ path: "backend.tar.gz", sha256: "0".repeat(64) }) };
    expect(await prepare(whole, wrong)).toBe("backend artifact checksum does not match manifest");
    const missing = { artifacts: artifactOf({ path: "other.tar.gz", sha256: "0".repeat(64) }) };
    expect(await prepare(whole, missing)).toBe("backend artifact is not a contained regular file");
    expect(existsSync(join(apps.home, ".openhands/canvas-extensions/out"))).toBe(false);
    const left = join(apps.home, ".openhands/canvas-extensions/backends/artifacts/notes");
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([]);
  });
});

function artifactOf(artifact: object): object {
  return { "linux-amd64": artifact, "linux-arm64": artifact };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
