import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fetchSource } from "../../../src/extensions/checkout/fetch-source.ts";
import { readSource } from "../../../src/extensions/checkout/source.ts";
import { Marketplaces } from "../../../src/extensions/marketplaces/marketplaces.ts";
import { type FilesToWrite, GitRepository, writeFiles } from "../git-repository.ts";
import { openPlace } from "../open-place.ts";

interface Registered {
  name: string;
  source: string;
  ref?: string | null;
  repo_path?: string | null;
  auto_load?: boolean | string[];
}

async function openMarketplaces(files: FilesToWrite = {}) {
  const opened = await openPlace();
  const { place, folder } = opened;
  writeFiles(folder, files);
  const fetched: string[] = [];
  const open = (...registered: Registered[]) =>
    new Marketplaces(place, {
      registrations: registered.map((one) => ({ ref: null, repo_path: null, auto_load: false, ...one })),
      fetch: async (text) => {
        fetched.push(text.source);
        const rules = { isStrict: false, deadline: place.clock.now() + 30_000 };
        const cacheFolder = join(place.userDir, "cache/plugins");
        return fetchSource(place, readSource(text, place.workspace.info), { ...rules, cacheFolder });
      },
    });
  return { ...opened, open, fetched };
}

const manifest = (plugins: object[], skills: object[] = []) =>
  JSON.stringify({ name: "m", owner: { name: "o" }, plugins, skills });

describe("a plugin of a marketplace", () => {
  it("is found by its name, and by its name and marketplace", async () => {
    const { open, folder, fetched } = await openMarketplaces({
      "a/.claude-plugin/marketplace.json": manifest([
        { name: "own", source: "./plugins/own" },
        { name: "both", source: "plugins/both" },
        { name: "far", source: { source: "github", repo: "o/r", ref: "v1", path: "p" } },
        { name: "url", source: { source: "url", url: "https://h.example/r" } },
        { name: "text", source: "https://h.example/s" },
      ]),
      "b/.plugin/marketplace.json": manifest([{ name: "both", source: "../../escape" }]),
    });
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    const marketplaces = open({ name: "a", source: a }, { name: "b@x", source: b });
    const whole = { ref: null, repoPath: null };
    expect(await marketplaces.find("own")).toEqual({ source: a, ref: null, repoPath: "plugins/own" });
    expect(await marketplaces.find("both@a")).toEqual({ source: a, ref: null, repoPath: "plugins/both" });
    expect(await marketplaces.find("far")).toEqual({ source: "github:o/r", ref: "v1", repoPath: "p" });
    expect(await marketplaces.find("url@a")).toEqual({ source: "https://h.example/r", ...whole });
    expect(await marketplaces.find("text")).toEqual({ source: "https://h.example/s", ...whole });
    expect(fetched).toEqual([a, b]);
  });

  it("that cannot be found is told apart from one that is ambiguous", async () => {
    const both = manifest([{ name: "both", source: "./both" }]);
    const { open, folder } = await openMarketplaces({
      "a/.plugin/marketplace.json": both,
      "b/.plugin/marketplace.json": both,
    });
    const registered = ["a", "b"].map((name) => ({ name, source: join(folder, name) }));
    const marketplaces = open(...registered);
    const faults: [string, string, string][] = [
      ["nope", "not_found", "Plugin 'nope' not found in any registered marketplace"],
      ["nope@a", "not_found", "Plugin 'nope' not found in marketplace 'a'"],
      ["both@c", "not_found", "Marketplace 'c' is not registered"],
      [
        "both",
        "bad_request",
        "Plugin 'both' is ambiguous; found in multiple marketplaces: a, b. Use 'both@<marketplace-name>'.",
      ],
      ["", "bad_request", "Plugin reference must not be empty"],
      ["@a", "bad_request", "Plugin reference must use 'plugin-name@marketplace-name'"],
      ["both@", "bad_request", "Plugin reference must use 'plugin-name@marketplace-name'"],
    ];
    for (const [reference, code, detail] of faults)
      await expect(marketplaces.find(reference), reference).rejects.toMatchObject({ code, detail });
    expect(() => open(...registered, ...registered)).toThrow("Duplicate marketplace registration: a");
  });

  it("is found past a marketplace that cannot be read, and that is said where nothing else is left", async () => {
    const { open, folder } = await openMarketplaces({
      "a/.plugin/marketplace.json": manifest([{ name: "own", source: "./own" }]),
      "bad/.plugin/marketplace.json": "no JSON",
      "wrong/.plugin/marketplace.json": JSON.stringify({ name: "m", plugins: [] }),
    });
    const at = (name: string) => ({ name, source: join(folder, name) });
    expect(await open(at("gone"), at("bad"), at("a")).find("own")).toMatchObject({ repoPath: "own" });
    await expect(open(at("gone"), at("wrong")).find("own")).rejects.toMatchObject({
      code: "not_found",
      detail: expect.stringMatching(
        /^Plugin 'own' not found; marketplace fetch failed: gone: .*; wrong: .*owner/,
      ),
    });
    await expect(open(at("bad")).find("own@bad")).rejects.toMatchObject({ code: "bad_request" });
  });

  it("of a repository lies in the repository, or in another one, but not elsewhere on the machine", async () => {
    const { open, folder } = await openMarketplaces();
    const repository = new GitRepository(join(folder, "m"), {
      ".plugin/marketplace.json": manifest([
        { name: "own", source: "./own" },
        { name: "etc", source: "/etc" },
        { name: "home", source: "~/x" },
        { name: "file", source: "file:///etc" },
        { name: "odd", source: { source: "npm", package: "x" } },
      ]),
    });
    const marketplaces = open({ name: "m", source: repository.url });
    expect(await marketplaces.find("own")).toMatchObject({ repoPath: "own" });
    for (const name of ["etc", "home", "file"])
      await expect(marketplaces.find(`${name}@m`)).rejects.toMatchObject({ code: "source_not_allowed" });
    await expect(marketplaces.find("odd@m")).rejects.toMatchObject({ code: "invalid_source" });
  });
});

describe("a marketplace that loads by itself", () => {
  const skill = (name: string) => `---\nname: ${name}\ndescription: Does.\n---\nDo.`;

  it("gives all of its plugins and skills, or those that are named", async () => {
    const { open, folder, warnings } = await openMarketplaces({
      "a/.plugin/marketplace.json": manifest(
        [
          { name: "p", source: "./p" },
          { name: "q", source: "./q" },
        ],
        [
          { name: "s", source: "./skills/s" },
          { name: "t", source: "./skills/missing" },
        ],
      ),
      "a/skills/s/SKILL.md": skill("Any Name"),
    });
    const at = (auto_load: boolean | string[]) => ({ name: "a", source: join(folder, "a"), auto_load });
    const all = await open(at(true)).autoLoaded();
    expect(all.plugins.map(({ repoPath }) => repoPath)).toEqual(["p", "q"]);
    expect(all.skills.map(({ name }) => name)).toEqual(["Any Name"]);
    expect(warnings).toEqual(["a marketplace, or a part of it, is left out"]);
    const named = await open(at(["q"])).autoLoaded();
    expect(named).toMatchObject({ plugins: [{ repoPath: "q" }], skills: [] });
    expect(await open(at(false)).autoLoaded()).toEqual({ plugins: [], skills: [] });
    expect(await open(at([])).autoLoaded()).toEqual({ plugins: [], skills: [] });
    expect(await open({ name: "a", source: "/nowhere", auto_load: true }).autoLoaded()).toEqual({
      plugins: [],
      skills: [],
    });
  });

  it("needs no manifest where it has folders with skills", async () => {
    const { open, folder, warnings } = await openMarketplaces({
      "a/skills/one/SKILL.md": skill("one"),
      "a/.skills/two/SKILL.md": skill("two"),
      "a/.skills/three/SKILL.md": skill("one"),
      "a/README.md": "No skill.",
      "a/docs/four/SKILL.md": skill("four"),
      "b/five/SKILL.md": skill("five"),
      "b/plugin.json": "{}",
      "c/README.md": "Nothing.",
    });
    const at = (name: string) => ({ name, source: join(folder, name), auto_load: true });
    const names = async (name: string) => (await open(at(name)).autoLoaded()).skills.map((one) => one.name);
    expect(await names("a")).toEqual(["one", "two"]);
    expect(await names("b")).toEqual(["five"]);
    expect(warnings).toEqual(["a marketplace is a single plugin: only its skills are offered"]);
    expect(await names("c")).toEqual([]);
  });
});
