import { join } from "node:path";
import type { MarketplaceOptions } from "agent-server";
import { describe, expect, it } from "vitest";
import { startGitHost } from "../../extensions/git-host.ts";
import { GitRepository } from "../../extensions/git-repository.ts";
import { withFiles } from "./written-files.ts";

const standard = (name: string, content: string) =>
  `---\nname: ${name}\ndescription: About ${name}.\n---\n${content}`;
const manifest = (plugins: object[], skills: object[]) =>
  JSON.stringify({ name: "m", owner: { name: "o" }, plugins, skills });

const MARKETS = {
  "one/.plugin/marketplace.json": manifest(
    [
      { name: "sky", source: "./sky" },
      { name: "lost", source: { source: "github" } },
      { name: "gone", source: "./gone" },
    ],
    [{ name: "lone", source: "./lone" }],
  ),
  "one/sky/.plugin/plugin.json": JSON.stringify({ name: "sky" }),
  "one/sky/skills/tides.md": "High at noon.",
  "one/sky/commands/now.md": "Look out.",
  "one/lone/SKILL.md": standard("lone", "Lone."),
  "two/skills/found/SKILL.md": standard("found", "Found."),
};

interface Shown {
  name: string;
  content: string;
}

/** What a request lists of its marketplaces, those of the server, and organisations. */
function opened(
  files: Record<string, string>,
  ofServer: (folder: string) => MarketplaceOptions[] = () => [],
) {
  const logged: string[] = [];
  const log = (fields: object, message: string) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { debug: log, info: log, warn: log, error: log };
  const place = withFiles(files, (folder) => ({ marketplaces: ofServer(folder), logger }));
  const list = async (request: object) => {
    const { status, body } = await place.ask("POST", "/api/skills", { project_dir: null, ...request });
    expect(status).toBe(200);
    return {
      sources: body.sources,
      names: body.skills.map(({ name }: Shown) => name),
      contents: Object.fromEntries(body.skills.map(({ name, content }: Shown) => [name, content])),
      text: JSON.stringify(body),
    };
  };
  return { ...place, list, logged };
}

describe("marketplaces of a list of skills", () => {
  it("give their own skills, and those of their plugins with their commands, as far as they load by themselves", async () => {
    const { list, folder } = opened(MARKETS);
    const at = (name: string, auto_load: boolean | string[]) => ({
      name,
      source: join(folder, name),
      auto_load,
    });
    const of = (...registered_marketplaces: object[]) => list({ registered_marketplaces });
    const all = await of(at("one", true), at("two", true));
    expect(all.names).toEqual(["lone", "tides", "sky:now", "found"]);
    expect(all.sources).toEqual({ sandbox: 0, registered_marketplaces: 4, sdk_base: 0, org: 0, project: 0 });
    expect((await of(at("one", ["sky"]))).names).toEqual(["tides", "sky:now"]);
    expect((await of(at("one", ["lone"]))).names).toEqual(["lone"]);
    for (const auto of [false, [], ["unknown"]]) expect((await of(at("one", auto))).names).toEqual([]);
    const withoutPublic = await list({ load_public: false, registered_marketplaces: [at("one", true)] });
    expect(withoutPublic.sources.registered_marketplaces).toBe(0);
  });

  it("are also those of the server, where the request has none of their name", async () => {
    const { list, folder } = opened(MARKETS, (at) => [
      { name: "a", source: join(at, "one"), auto_load: ["lone"] },
      { name: "b", source: join(at, "two"), auto_load: true },
    ]);
    expect((await list({})).names).toEqual(["lone", "found"]);
    const source = join(folder, "one");
    const own = { name: "a", source, auto_load: ["sky"] };
    expect((await list({ registered_marketplaces: [own] })).names).toEqual(["tides", "sky:now", "found"]);
    const silent = { name: "b", source };
    expect((await list({ registered_marketplaces: [silent] })).names).toEqual(["lone"]);
  });

  it("give way to skills of the user and of public ones, and cost nothing where they cannot be read", async () => {
    const { list, folder, logged } = opened({
      ...MARKETS,
      "home/.openhands/skills/lone.md": "Mine.",
      "broken/.plugin/marketplace.json": "no JSON",
    });
    const at = (name: string) => ({ name, source: join(folder, name), auto_load: true });
    const { contents, sources } = await list({
      registered_marketplaces: ["nowhere", "broken", "one"].map(at),
    });
    expect(contents).toMatchObject({ lone: "Mine.", tides: "High at noon." });
    expect(sources).toMatchObject({ registered_marketplaces: 3, sdk_base: 1 });
    expect(logged.filter((line) => line.includes("nowhere") || line.includes("broken"))).toHaveLength(2);
  });
});

describe("organisations of a list of skills", () => {
  const config = (org_repo_url: string, org_name = "acme") => ({
    ...{ repository: "acme/app", provider: "github" },
    ...{ org_repo_url, org_name },
  });

  it("give the skills of their repositories: later ones win, between those of the user and the project", async () => {
    const { list, folder, project } = opened({
      "home/.openhands/skills/style.md": "Of the user.",
      "home/.openhands/skills/own.md": "Own.",
      "project/.agents/skills/build.md": "Of the project.",
    });
    const first = new GitRepository(join(folder, "first"), {
      "skills/style.md": "Of the first.",
      "skills/build.md": "Of the first.",
      "skills/pdf/SKILL.md": standard("pdf", "PDF."),
      "microagents/pdf.md": "Hidden by the other.",
      "microagents/old.md": "Old.",
      "README.md": "No skill.",
    });
    const second = new GitRepository(join(folder, "second"), { "skills/style.md": "Of the second." });
    const org_configs = [config(first.url), config(second.path, "other")];
    const { contents, sources } = await list({ project_dir: project, org_configs });
    expect(contents).toEqual({
      style: "Of the second.",
      own: "Own.",
      build: "Of the project.",
      pdf: "PDF.",
      old: "Old.",
    });
    expect(sources).toMatchObject({ sdk_base: 2, org: 4, project: 1 });
    second.commit({ "skills/style.md": "Newer." });
    expect((await list({ org_configs })).contents.style).toBe("Newer.");
    expect((await list({ org_configs, load_org: false })).sources.org).toBe(0);
  });

  it("have no skills where their repository cannot be fetched, is none, or leads out of itself", async () => {
    const { list, folder } = opened({ "elsewhere/x.md": "PRIVATE", "plain/skills/x.md": "No repository." });
    const leak = new GitRepository(join(folder, "leak"), {
      "skills/x.md": { link: join(folder, "elsewhere/x.md") },
      "skills/good.md": "Good.",
    });
    const urls = [
      join(folder, "nowhere"),
      join(folder, "plain"),
      "",
      "\0",
      "justaname",
      "ext::sh -c id",
      leak.url,
    ];
    const { names } = await list({ org_configs: urls.map((url) => config(url)) });
    expect(names).toEqual(["good"]);
  });

  it("are asked with the credentials of their address, which neither answers nor the log show", async () => {
    const { list, folder, logged } = opened({});
    new GitRepository(join(folder, "own"), { "skills/x.md": "X." }).git(
      "clone",
      "--bare",
      "-q",
      ".",
      "../a.git",
    );
    const expected = `Basic ${btoa("bot:t0p-secret")}`;
    const host = await startGitHost(folder, (request, response) => {
      if (request.headers.authorization === expected) return false;
      response.writeHead(401, { "WWW-Authenticate": "Basic" }).end("no");
      return true;
    });
    const withUser = (user: string) => ({
      org_configs: [config(`${host.url.replace("://", `://${user}@`)}/a.git`)],
    });
    const given = await list(withUser("bot:t0p-secret"));
    expect(given.names).toEqual(["x"]);
    const refused = await list(withUser("bot:wr0ng-secret"));
    expect(refused.names).toEqual([]);
    expect((await list(withUser("bot:sl/ash-secret"))).names).toEqual([]);
    const shown = [given.text, refused.text, ...logged].join("\n");
    expect(logged.filter((line) => line.includes("organisation"))).toHaveLength(2);
    expect(shown).not.toMatch(/t0p-|wr0ng-|ash-/);
  });

  it("are a bounded number", async () => {
    const { list, folder, logged } = opened({});
    const { url } = new GitRepository(join(folder, "many"), { "skills/x.md": "X." });
    const org_configs = [...Array(20).fill(config("/nowhere")), config(url)];
    expect((await list({ org_configs })).names).toEqual([]);
    expect(logged.some((line) => line.startsWith("skills of more organisations"))).toBe(true);
    expect((await list({ org_configs: org_configs.slice(1) })).names).toEqual(["x"]);
  });
});
