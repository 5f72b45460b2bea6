import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { openServer } from "../settings/open-server.ts";
import { withFiles } from "./written-files.ts";

const listOf = (...names: string[]) =>
  JSON.stringify({ name: "m", plugins: names.map((name) => ({ name, source: `./skills/${name}` })) });
const standard = (name: string, content: string) =>
  `---\nname: ${name}\ndescription: About ${name}.\n---\n${content}`;
const namesOf = (skills: { name: string }[]) => skills.map(({ name }) => name);
const PUBLIC_ONLY = { load_user: false, load_project: false };

const FILES = {
  "public/marketplaces/default.json": listOf("pdf", "git", "absent", "../secret"),
  "public/marketplaces/other.json": listOf("csv"),
  "public/marketplaces/broken.json": "{",
  "public/skills/pdf/SKILL.md": standard("pdf", "Public PDF."),
  "public/skills/git.md": "---\ntriggers: [git]\n---\nPublic git.",
  "public/skills/csv/SKILL.md": standard("csv", "Public CSV."),
  "public/secret/SKILL.md": standard("secret", "No skill."),
};

describe("public skills", () => {
  it("are those of the list that a request names, or all of them", async () => {
    const { ask } = withFiles(FILES);
    const listed = async (more: object) =>
      (await ask("POST", "/api/skills", { ...PUBLIC_ONLY, ...more })).body;
    const byDefault = await listed({});
    expect(namesOf(byDefault.skills)).toEqual(["pdf", "skills/git"]);
    expect(byDefault.sources).toMatchObject({ sdk_base: 2 });
    expect(namesOf((await listed({ marketplace_path: "marketplaces/other.json" })).skills)).toEqual(["csv"]);
    expect(namesOf((await listed({ marketplace_path: null })).skills)).toEqual(["csv", "pdf", "skills/git"]);
    for (const path of ["marketplaces/broken.json", "marketplaces/none.json", "../home/list.json"]) {
      expect((await listed({ marketplace_path: path })).skills).toEqual([]);
    }
    expect((await listed({ load_public: false })).skills).toEqual([]);
  });

  it("give way to those of the user, which the catalogue counts as the user's", async () => {
    const { ask } = withFiles({
      ...FILES,
      "home/.openhands/skills/pdf.md": "My PDF.",
      "home/.openhands/skills/own.md": "Own.",
    });
    const { skills } = (await ask("GET", "/api/skills/catalog")).body;
    expect(skills.map(({ name, origin }: Record<string, string>) => [name, origin])).toEqual([
      ["pdf", "user"],
      ["skills/git", "public"],
      ["own", "user"],
    ]);
    expect(skills[0].content).toBe("My PDF.");
  });

  it("are read from nowhere outside of their folder", async () => {
    const place = withFiles({ ...FILES, "elsewhere/SKILL.md": standard("out", "PRIVATE") });
    symlinkSync(join(place.folder, "elsewhere"), join(place.folder, "public/skills/out"));
    writeFileSync(join(place.folder, "public/marketplaces/default.json"), listOf("out", "pdf"));
    const { body } = await place.ask("POST", "/api/skills", PUBLIC_ONLY);
    expect(namesOf(body.skills)).toEqual(["pdf"]);
  });

  it("come from a repository, whose newest commit a sync brings", async () => {
    const folder = mkdtempSync(join(tmpdir(), "agent-server-public-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const repository = join(folder, "repository");
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    };
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
        stdio: "pipe",
      });
    write("skills/pdf/SKILL.md", standard("pdf", "First."));
    git("init", "--quiet", "--initial-branch=main");
    git("add", ".");
    git("commit", "--quiet", "-m", "First");
    const ask = openServer({
      environment: { HOME: folder, PATH: process.env.PATH },
      userDir: join(folder, "user"),
      publicExtensions: { source: `file://${repository}`, ref: "main" },
    });
    const contents = async () =>
      (await ask("POST", "/api/skills", PUBLIC_ONLY)).body.skills.map(
        ({ content }: { content: string }) => content,
      );
    expect(await contents()).toEqual(["First."]);
    write("skills/pdf/SKILL.md", standard("pdf", "Second."));
    git("commit", "--quiet", "-am", "Second");
    expect((await ask("POST", "/api/skills/sync")).body).toMatchObject({ status: "success" });
    expect(await contents()).toEqual(["Second."]);
    rmSync(repository, { recursive: true });
    expect((await ask("POST", "/api/skills/sync")).body).toMatchObject({ status: "error" });
    expect(await contents()).toEqual(["Second."]);
  });

  it("are of an agent profile as far as it names them, and those of the user in any case", async () => {
    const { ask } = withFiles({ ...FILES, "home/.openhands/skills/own.md": "Own." });
    await ask("POST", "/api/profiles/fast", { llm: { model: "m", api_key: "k" } });
    const resolved = async (public_skills: string[] | null, disabled_skills: string[] = []) => {
      const profile = { llm_profile_ref: "fast", public_skills, disabled_skills };
      await ask("POST", "/api/agent-profiles/coder", profile);
      return (await ask("POST", "/api/agent-profiles/coder/materialize")).body.resolved_skills;
    };
    expect(await resolved(null)).toEqual(["pdf", "skills/git", "own"]);
    expect(await resolved(["pdf", "unknown"])).toEqual(["pdf", "own"]);
    expect(await resolved([])).toEqual(["own"]);
    expect(await resolved(null, ["pdf"])).toEqual(["skills/git", "own"]);
  });

  it("are a conversation's that asks for them, and one goes without them where they cannot be fetched", async () => {
    const { folder } = withFiles(FILES);
    const promptWith = async (source: string) => {
      const llm = scriptedLlm([say("Hello.")]);
      await using server = await createTestServer({
        llm,
        environment: { HOME: folder, PATH: process.env.PATH },
        publicExtensions: { source },
      });
      const agent_context = { load_public_skills: true, disabled_skills: ["skills/git"] };
      const chat = await server.start("Hello.", { agent: { agent_context } });
      await chat.expectFinished("Hello.");
      return JSON.stringify(llm.requests[0]?.messages);
    };
    const prompt = await promptWith(join(folder, "public"));
    expect(prompt).toContain("<name>pdf</name>");
    expect(prompt).not.toContain("skills/git");
    expect(await promptWith(`file://${folder}/nowhere`)).not.toContain("<SKILLS>");
  });
});
