import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PLUGINS, SKILLS } from "../../../src/extensions/installed/extension-kinds.ts";
import { InstalledExtensions } from "../../../src/extensions/installed/installed-extensions.ts";
import type { ExtensionPlace } from "../../../src/extensions/place.ts";
import { type FilesToWrite, GitRepository, writeFiles } from "../git-repository.ts";
import { openPlace } from "../open-place.ts";

const plugin = (version: string): FilesToWrite => ({
  ".plugin/plugin.json": JSON.stringify({ name: "weather", version, description: "Tells the weather." }),
  "text.md": `version ${version}`,
});

async function openStore(kind = PLUGINS) {
  const opened = await openPlace();
  const store = new InstalledExtensions(opened.place, kind);
  const folder = join(opened.place.userDir, kind.name, "installed");
  const install = (source: string, more: object = {}) =>
    store.install({ source, ref: null, repoPath: null, force: false, ...more });
  const record = () => JSON.parse(readFileSync(join(folder, ".installed.json"), "utf8"));
  return { ...opened, store, installed: folder, install, record };
}

describe("an installed extension", () => {
  it("is a copy of its source with an entry that says where it came from", async () => {
    const { folder, installed, install, record, store } = await openStore();
    const repository = new GitRepository(join(folder, "repo"), plugin("1.0.0"));
    const entry = await install(repository.url, { ref: "main" });
    expect(entry).toEqual({
      name: "weather",
      version: "1.0.0",
      description: "Tells the weather.",
      enabled: true,
      source: repository.url,
      requested_ref: "main",
      resolved_ref: repository.head(),
      repo_path: null,
      installed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      install_path: join(installed, "weather"),
    });
    expect(record()).toEqual({ extensions: { weather: entry } });
    expect(readdirSync(join(installed, "weather")).sort()).toEqual([".plugin", "text.md"]);
    expect(await store.list()).toEqual([entry]);
    expect(statSync(join(installed, ".installed.json")).mode & 0o077).toBe(0);
  });

  it("is refused twice, and replaced by force without being enabled by it", async () => {
    const { folder, installed, install, store } = await openStore();
    writeFiles(join(folder, "p"), plugin("1.0.0"));
    await install(join(folder, "p"));
    await expect(install(join(folder, "p"))).rejects.toMatchObject({ code: "installed" });
    await store.setEnabled("weather", false);
    writeFiles(join(folder, "p"), plugin("2.0.0"));
    const entry = await install(join(folder, "p"), { force: true });
    expect(entry).toMatchObject({ version: "2.0.0", enabled: false, resolved_ref: null });
    expect(readFileSync(join(installed, "weather/text.md"), "utf8")).toBe("version 2.0.0");
    expect(readdirSync(installed).sort()).toEqual([".installed.json", ".lock", "weather"]);
  });

  it("is brought up to date from its repository, and stays when that fails", async () => {
    const { folder, installed, install, store, record } = await openStore();
    const repository = new GitRepository(join(folder, "repo"), plugin("1.0.0"));
    await install(repository.url, { ref: repository.head() });
    repository.commit(plugin("2.0.0"));
    expect(await store.refresh("weather")).toMatchObject({ version: "2.0.0", requested_ref: null });
    repository.commit({ ".plugin/plugin.json": "no JSON" });
    await expect(store.refresh("weather")).rejects.toMatchObject({ code: "invalid" });
    repository.commit({ ".plugin/plugin.json": JSON.stringify({ name: "other" }) });
    await expect(store.refresh("weather")).rejects.toMatchObject({ code: "invalid" });
    const [before] = Object.values(record().extensions);
    rmSync(join(folder, "home/.openhands/cache"), { recursive: true });
    rmSync(repository.path, { recursive: true });
    await expect(store.refresh("weather")).rejects.toMatchObject({ code: "source_unavailable" });
    expect(await store.list()).toEqual([before]);
    expect(readFileSync(join(installed, "weather/text.md"), "utf8")).toBe("version 2.0.0");
    expect(await store.refresh("nope")).toBeUndefined();
  });

  it("has the name of its repository where it has no manifest", async () => {
    const { folder, install } = await openStore();
    const repository = new GitRepository(join(folder, "plain-plugin"), { "commands/go.md": "Go." });
    expect(await install(repository.url)).toMatchObject({ name: "plain-plugin" });
    const skills = await openStore(SKILLS);
    const skill = new GitRepository(join(skills.folder, "my-skill"), { "SKILL.md": "Do." });
    expect(await skills.install(skill.url)).toMatchObject({ name: "my-skill", version: "1.0.0" });
  });

  it("is refused without a name that fits, and without a skill", async () => {
    const { folder, install, installed } = await openStore();
    for (const name of ["Upper", "a_b", "../up", "a--b", "<b>x</b>", "", "."]) {
      writeFiles(join(folder, "p"), { ".plugin/plugin.json": JSON.stringify({ name }) });
      await expect(install(join(folder, "p")), name).rejects.toMatchObject({ code: "invalid" });
    }
    expect(existsSync(installed)).toBe(false);
    const skills = await openStore(SKILLS);
    writeFiles(join(skills.folder, "s"), {
      "README.md": "No skill.",
      "other/SKILL.md": "---\nname: else\n---\n",
    });
    await expect(skills.install(join(skills.folder, "s"))).rejects.toMatchObject({ code: "invalid" });
    await expect(skills.install(join(skills.folder, "s/other"))).rejects.toMatchObject({ code: "invalid" });
  });

  it("is disabled, enabled and removed; what is not there is neither", async () => {
    const { folder, install, store, installed, record } = await openStore();
    writeFiles(join(folder, "p"), plugin("1.0.0"));
    expect(await store.setEnabled("weather", true)).toBe(false);
    expect(await store.uninstall("weather")).toBe(false);
    expect(await store.list()).toEqual([]);
    expect(existsSync(installed)).toBe(false);
    await install(join(folder, "p"));
    expect(await store.setEnabled("weather", false)).toBe(true);
    expect(await store.find("weather")).toMatchObject({ enabled: false });
    expect(await store.uninstall("weather")).toBe(true);
    expect(record()).toEqual({ extensions: {} });
    expect(existsSync(join(installed, "weather"))).toBe(false);
  });
});

describe("the record of installed extensions", () => {
  it("takes in folders that somebody has put there, and drops entries without a folder", async () => {
    const { store, installed, record } = await openStore();
    writeFiles(installed, {
      "weather/.plugin/plugin.json": JSON.stringify({ name: "weather" }),
      "renamed/.plugin/plugin.json": JSON.stringify({ name: "weather-2" }),
      "broken/plugin.json": "no JSON",
      "Bad_Name/text.md": "x",
      ".installed.json": JSON.stringify({
        plugins: { gone: { name: "gone", source: "s", installed_at: "t", install_path: "/" } },
      }),
    });
    expect(await store.list()).toMatchObject([{ name: "weather", source: "local", enabled: true }]);
    expect(Object.keys(record().extensions)).toEqual(["weather"]);
  });

  it("that is damaged costs what it says, not what is installed", async () => {
    const { store, installed } = await openStore();
    for (const text of [
      "no JSON",
      "[]",
      '{"extensions": 5}',
      '{"extensions": {"weather": {"name": 5}, "__proto__": {}}}',
    ]) {
      writeFiles(installed, { "weather/text.md": "x", ".installed.json": text });
      expect(await store.list(), text).toMatchObject([{ name: "weather", source: "local" }]);
    }
  });

  it("is written by one caller at a time", async () => {
    const { folder, install, store } = await openStore();
    const names = Array.from({ length: 6 }, (_, index) => `p${index}`);
    for (const name of names) writeFiles(join(folder, name), { "text.md": name });
    await Promise.all(names.map((name) => install(join(folder, name))));
    expect((await store.list()).map(({ name }) => name).sort()).toEqual(names);
    const twice = await Promise.allSettled([1, 2].map(() => install(join(folder, "p0"), { force: true })));
    expect(twice.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("is refused to one of two that install the same at one moment", async () => {
    const { folder, install } = await openStore();
    writeFiles(join(folder, "p"), plugin("1.0.0"));
    const results = await Promise.allSettled([1, 2, 3].map(() => install(join(folder, "p"))));
    expect(results.filter(({ status }) => status === "fulfilled").length).toBe(1);
  });

  it("is free while the files of a former copy are removed, which may take long", async () => {
    const { folder, install, store, place } = await openStore();
    for (const name of ["p", "q"]) writeFiles(join(folder, name), { "text.md": name });
    await install(join(folder, "p"));
    const { files } = place.workspace;
    let begun = Promise.withResolvers<void>();
    let gate = Promise.withResolvers<void>();
    const held: ExtensionPlace = {
      ...place,
      workspace: {
        ...place.workspace,
        files: new Proxy(files, {
          get: (target, key) =>
            key === "remove"
              ? async (path: string, options?: { recursive?: boolean }) => {
                  if (path.includes("/.former-")) {
                    begun.resolve();
                    await gate.promise;
                  }
                  return target.remove(path, options);
                }
              : Reflect.get(target, key).bind(target),
        }),
      },
    };
    const slow = new InstalledExtensions(held, PLUGINS);
    const source = { source: join(folder, "p"), ref: null, repoPath: null, force: true };
    for (const work of [() => slow.install(source), () => slow.uninstall("p")]) {
      begun = Promise.withResolvers();
      gate = Promise.withResolvers();
      const done = work();
      await begun.promise;
      expect(await install(join(folder, "q"), { force: true })).toMatchObject({ name: "q" });
      gate.resolve();
      await done;
    }
    expect((await store.list()).map(({ name }) => name)).toEqual(["q"]);
  });

  it("is not waited for when an ended process has left its lock", async () => {
    const { folder, install, installed, warnings } = await openStore();
    mkdirSync(join(installed, ".lock"), { recursive: true });
    writeFileSync(join(installed, ".lock/dead"), "");
    const before = new Date(Date.now() - 60_000);
    utimesSync(join(installed, ".lock/dead"), before, before);
    writeFiles(join(folder, "p"), plugin("1.0.0"));
    expect(await install(join(folder, "p"))).toMatchObject({ name: "weather" });
    expect(warnings).toContain("a lock that an ended process left is taken away");
  });
});

describe("what an extension holds", () => {
  it("is copied with what its links lead to inside, and nothing from outside", async () => {
    const { folder, install, installed } = await openStore();
    writeFiles(join(folder, "p"), {
      ...plugin("1.0.0"),
      ".claude-plugin": { link: ".plugin" },
      "copy.md": { link: "text.md" },
      "passwd.md": { link: "/etc/passwd" },
      up: { link: "../home" },
      "dangling.md": { link: "nowhere" },
      ".git/config": "[core]",
      "scripts/run.sh": "#!/bin/sh\n",
    });
    await install(join(folder, "p"));
    const copied = join(installed, "weather");
    expect(readdirSync(copied).sort()).toEqual([
      ".claude-plugin",
      ".plugin",
      "copy.md",
      "scripts",
      "text.md",
    ]);
    expect(readFileSync(join(copied, "copy.md"), "utf8")).toBe("version 1.0.0");
  });

  it("is copied once where its links lead back, and refused where it has no end", async () => {
    const { folder, install, installed } = await openStore();
    const loops = {
      "a/loop": { link: "." },
      "a/x": { link: "../b" },
      "b/y": { link: "../a" },
      "b/text.md": "b",
    };
    writeFiles(join(folder, "p"), { ...plugin("1.0.0"), ...loops });
    await install(join(folder, "p"));
    expect(readFileSync(join(installed, "weather/a/x/text.md"), "utf8")).toBe("b");
    expect(readdirSync(join(installed, "weather/a/loop"))).toEqual([]);
    const deep = Array.from({ length: 100 }, () => "d").join("/");
    writeFiles(join(folder, "deep"), { ...plugin("1.0.0"), [`${deep}/text.md`]: "x" });
    await expect(install(join(folder, "deep"), { force: true })).rejects.toMatchObject({
      code: "source_not_allowed",
    });
    expect(readdirSync(installed).filter((name) => name.startsWith(".staged"))).toEqual([]);
  });

  it("may be ten thousand files", async () => {
    const { folder, install, installed } = await openStore();
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`many/f${index}`, "x"]));
    writeFiles(join(folder, "p"), { ...plugin("1.0.0"), ...many });
    await install(join(folder, "p"));
    expect(readdirSync(join(installed, "weather/many")).length).toBe(10_000);
  }, 60_000);
});

/** A machine that is lost at the `last` change of its files: none works any more. */
function dyingPlace(place: ExtensionPlace, last: number): ExtensionPlace {
  const { files } = place.workspace;
  let changes = 0;
  const dies =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      changes += 1;
      if (changes > last) throw new Error("the machine is lost");
      return change(...args);
    };
  const dying = { ...files, write: dies(files.write), move: dies(files.move), remove: dies(files.remove) };
  return { ...place, workspace: { ...place.workspace, files: dying } };
}

it("an installation that ends at any moment leaves the former copy or the new one, with its entry", async () => {
  for (let last = 0; ; last += 1) {
    const { folder, place, install, installed } = await openStore();
    writeFiles(join(folder, "p"), plugin("1.0.0"));
    await install(join(folder, "p"));
    writeFiles(join(folder, "p"), plugin("2.0.0"));
    const dying = new InstalledExtensions(dyingPlace(place, last), PLUGINS);
    const source = { source: join(folder, "p"), ref: null, repoPath: null, force: true };
    const isDone = await dying.install(source).then(
      () => true,
      () => false,
    );
    // The lock of the lost process: the next one waits until it counts as abandoned.
    const before = new Date(Date.now() - 60_000);
    const lock = join(installed, ".lock");
    for (const name of existsSync(lock) ? readdirSync(lock) : [])
      utimesSync(join(lock, name), before, before);
    const [entry, ...others] = await new InstalledExtensions(place, PLUGINS).list();
    expect(others).toEqual([]);
    const text = readFileSync(join(installed, "weather/text.md"), "utf8");
    expect(text, `after ${last} changes`).toBe(`version ${entry?.version}`);
    if (isDone) {
      expect(entry?.version).toBe("2.0.0");
      expect(last).toBeGreaterThan(8);
      return;
    }
  }
}, 60_000);
