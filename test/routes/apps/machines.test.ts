import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sandboxedWorkspace } from "agent-server";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { MISSING } from "../../workspace/sandbox/open-sandbox.ts";
import { CAN_RUN, ECHO, writeApp } from "./app-sources.ts";
import { openApps, startApp } from "./open-apps.ts";

const BACKEND = "/api/canvas-extensions/installed/notes/backend";

it.skipIf(!CAN_RUN)("the back ends of a server that is killed end with it", { timeout: 90_000 }, async () => {
  const folder = await temporaryDirectory();
  const source = await writeApp(folder, "notes", {
    program: `process.on("SIGTERM", () => process.exit()); ${ECHO}`,
  });
  const script = join(import.meta.dirname, "server-process.ts");
  const child = spawn(process.execPath, [script, folder, source, "notes"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const { pid, port } = JSON.parse(String(line));
  expect(await (await fetch(`http://127.0.0.1:${port}/health`)).text()).toBe("well");
  child.kill("SIGKILL");
  await expect.poll(() => isAlive(pid)).toBe(false);
});

describe.skipIf(!CAN_RUN || MISSING)("back ends of a server with a sandbox", { timeout: 90_000 }, () => {
  const program = `${ECHO};
    const seen = (path) => { try { return require("node:fs").readdirSync(path).length; } catch { return null; } };
    console.log("seen " + seen(process.argv[4]) + " " + seen("/proc/self"));`;

  async function openSandboxed(network: "host" | "none") {
    const folder = await temporaryDirectory();
    const root = join(folder, "projects");
    mkdirSync(root);
    const hidden = join(folder, "hidden");
    mkdirSync(hidden);
    const readOnly = [dirname(process.execPath), join(import.meta.dirname, "../../../node_modules")];
    const apps = await openApps({
      userDir: undefined,
      conversationsPath: join(folder, "state"),
      workspace: sandboxedWorkspace({ root, network, readOnly, limits: { processes: null } }),
    });
    return { apps: { ...apps, folder: root }, hidden };
  }

  it("run in it: they reach its folders and no others, and are reached by the server", async () => {
    const { apps, hidden } = await openSandboxed("host");
    const argv = ["{artifact_dir}/bin/server", "{port}", "{data_dir}", hidden];
    const { body } = await startApp(apps, "notes", { program, backend: { argv } });
    expect(body).toMatchObject({ state: "ready", pid: null, port: expect.any(Number) });
    await expect
      .poll(async () => (await apps.ask("GET", `${BACKEND}/logs`)).body.logs)
      .toMatch(/seen null \d/);
    expect((await apps.ask("POST", `${BACKEND}/stop`)).body.state).toBe("stopped");
    await expect(fetch(`http://127.0.0.1:${body.port}/health`)).rejects.toThrow();
  });

  it("are not supported where the sandbox has no network", async () => {
    const { apps } = await openSandboxed("none");
    expect((await startApp(apps, "notes")).body).toMatchObject({
      state: "unsupported",
      detail: "Canvas App backends need a machine that shares the network of the server",
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
