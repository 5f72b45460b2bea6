import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { AppBackends, type AppBackendsOptions } from "../../../src/extensions/app-backends/app-backends.ts";
import { CANVAS } from "../../../src/extensions/canvas/canvas-package.ts";
import { InstalledExtensions } from "../../../src/extensions/installed/installed-extensions.ts";
import type { ExtensionPlace } from "../../../src/extensions/place.ts";
import { appNetwork } from "../../../src/outbound/apps/app-network.ts";
import { WorkspaceError } from "../../../src/workspace/workspace-error.ts";
import { type AppSource, archiveOf, CAN_RUN, ECHO, writeApp } from "../../routes/apps/app-sources.ts";
import { openPlace } from "../open-place.ts";

async function openBackends(options: Partial<AppBackendsOptions> = {}) {
  const { place, folder } = await openPlace();
  const backends = new AppBackends({ place: async () => place, network: appNetwork(null), ...options });
  onTestFinished(() => backends.close());
  const install = async (name: string, source: AppSource = { program: ECHO }) => {
    const path = await writeApp(folder, name, source);
    const wanted = { source: path, ref: null, repoPath: null, force: true };
    await new InstalledExtensions(place, CANVAS).install(wanted);
    await backends.renew(name);
    return (await backends.status(name)).revision ?? "";
  };
  const artifacts = join(place.userDir, "canvas-extensions/backends/artifacts");
  return { place, backends, install, artifacts };
}

/** The same place on a disk that is full after a number of written files. */
function fullAfter(place: ExtensionPlace, writes: number) {
  let left = writes;
  const { files } = place.workspace;
  const full: ExtensionPlace = {
    ...place,
    workspace: {
      ...place.workspace,
      info: place.workspace.info,
      run: (argv, options) => place.workspace.run(argv, options),
      files: {
        ...files,
        write: async (path, content, options) => {
          left -= 1;
          if (left < 0) throw new WorkspaceError("no_space", `${path}: no space left`);
          await files.write(path, content, options);
        },
      },
    },
  };
  return {
    full,
    empty: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

const answer = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string; detail?: unknown }) => `${error.code}: ${error.detail}`,
  );

describe.skipIf(!CAN_RUN)("back ends that share a machine", { timeout: 90_000 }, () => {
  it("are as many as the limit says", async () => {
    const { backends, install } = await openBackends({ limits: { maxRunning: 1 } });
    const [one, two] = [await install("one"), await install("two")];
    for (const [name, revision] of [
      ["one", one],
      ["two", two],
    ] as const)
      await backends.prepare(name, revision);
    expect((await backends.start("one", one)).state).toBe("ready");
    expect(await answer(backends.start("two", two))).toMatch(/^conflict: 1 backends run/);
    await backends.stop("one");
    expect((await backends.start("two", two)).state).toBe("ready");
  });

  it("do not start while files are replaced, nor are files replaced while they start", async () => {
    const { backends, install } = await openBackends();
    const revision = await install("notes");
    await backends.prepare("notes", revision);
    const replaced = Promise.withResolvers<void>();
    const replacing = backends.whileStopped(() => replaced.promise);
    expect(await answer(backends.start("notes", revision))).toMatch(/^conflict: an installation is pending/);
    replaced.resolve();
    await replacing;
    const starting = backends.start("notes", revision);
    const refusals: string[] = [];
    for (let state = ""; state !== "ready"; state = (await backends.status("notes")).state)
      refusals.push(await answer(backends.whileStopped(async () => {})));
    expect(refusals.filter((refusal) => refusal !== "done").length).toBeGreaterThan(0);
    expect((await starting).state).toBe("ready");
    expect(await answer(backends.whileStopped(async () => {}))).toMatch(/^conflict: Stop running/);
  });

  it("are not started once the server closes", async () => {
    const { backends, install } = await openBackends();
    const revision = await install("notes");
    await backends.prepare("notes", revision);
    const starting = backends.start("notes", revision);
    await backends.close();
    expect(["stopped", "ready"]).toContain((await starting.catch(() => ({ state: "stopped" }))).state);
    expect((await backends.status("notes")).pid).toBeNull();
    expect(await answer(backends.start("notes", revision))).toBe("conflict: the server is closing");
  });

  it("wait where they flood their output, and the rest goes on", async () => {
    const { backends, install } = await openBackends();
    const program = `${ECHO}; const flood = () => { while (process.stdout.write("y".repeat(65536))); };
      process.stdout.on("drain", flood); setTimeout(flood, 100);`;
    const revision = await install("notes", { program });
    await backends.prepare("notes", revision);
    await backends.start("notes", revision);
    await expect.poll(() => backends.logs("notes", 262_144).truncated).toBe(true);
    expect(backends.logs("notes", 262_144).logs.length).toBeLessThanOrEqual(262_144);
    expect((await backends.stop("notes")).state).toBe("stopped");
  });

  it("go on where they have answered late once, also when they are started again", async () => {
    const { backends, install } = await openBackends();
    const program = `let asked = 0; require("node:http").createServer((_, answer) => {
      asked += 1;
      answer.statusCode = asked === 2 || asked === 3 ? 500 : 200;
      answer.end();
    }).listen(+process.argv[2], "127.0.0.1");`;
    const revision = await install("notes", { program });
    await backends.prepare("notes", revision);
    const { pid } = await backends.start("notes", revision);
    expect(await backends.status("notes")).toMatchObject({
      state: "unhealthy",
      detail: "Backend health probe failed",
      pid,
    });
    expect(backends.readyPort("notes")).toBeNull();
    expect(await backends.start("notes", revision)).toMatchObject({ state: "unhealthy", pid });
    expect(await backends.start("notes", revision)).toMatchObject({ state: "ready", detail: null, pid });
  });

  it("listen elsewhere than they were told, and are not found there", async () => {
    const { backends, install } = await openBackends();
    const program = `require("node:http").createServer((_, answer) => answer.end()).listen(0, "127.0.0.1");`;
    const health = { timeout_seconds: 1.5, interval_seconds: 0.1 };
    const revision = await install("notes", { program, backend: { health } });
    await backends.prepare("notes", revision);
    expect(await backends.start("notes", revision)).toMatchObject({
      state: "unhealthy",
      detail: "backend health check timed out",
      port: null,
    });
    expect(backends.readyPort("notes")).toBeNull();
  });
});

describe.skipIf(!CAN_RUN)("a full disk", { timeout: 90_000 }, () => {
  it("leaves nothing of an archive that was being unpacked, and the next attempt is whole", async () => {
    const { place, install, artifacts } = await openBackends();
    const { full, empty } = fullAfter(place, 2);
    const backends = new AppBackends({ place: async () => full, network: appNetwork(null) });
    const archive = await archiveOf(["a", "b", "c", "d"].map((name) => ({ name, text: name })));
    const revision = await install("notes", { archive });
    await expect(backends.prepare("notes", revision)).rejects.toMatchObject({ code: "no_space" });
    expect(readdirSync(join(artifacts, "notes"))).toEqual([]);
    expect((await backends.status("notes")).prepared_revision).toBeNull();
    empty();
    expect((await backends.prepare("notes", revision)).prepared_revision).toBe(revision);
    const [folder = ""] = readdirSync(join(artifacts, "notes"));
    expect(readdirSync(join(artifacts, "notes", folder))).toEqual(["a", "b", "c", "d"]);
  });

  it("leaves a back end that was unpacked and not approved to the next attempt", async () => {
    const { place, install, artifacts } = await openBackends();
    const { full, empty } = fullAfter(place, 4);
    const backends = new AppBackends({ place: async () => full, network: appNetwork(null) });
    const archive = await archiveOf(["a", "b", "c", "d"].map((name) => ({ name, text: name })));
    const revision = await install("notes", { archive });
    await expect(backends.prepare("notes", revision)).rejects.toMatchObject({ code: "no_space" });
    expect(existsSync(join(artifacts, "notes"))).toBe(true);
    empty();
    expect((await backends.prepare("notes", revision)).prepared_revision).toBe(revision);
  });
});
