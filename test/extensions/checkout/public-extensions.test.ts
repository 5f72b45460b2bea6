import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PublicExtensions } from "../../../src/extensions/checkout/public-extensions.ts";
import { GitRepository } from "../git-repository.ts";
import { openPlace } from "../open-place.ts";

/** A repository of public extensions, and a clock that the test moves. */
async function openPublic(ref = "main") {
  const { place, folder, commands } = await openPlace();
  const repository = new GitRepository(join(folder, "extensions"), { "skills/a/SKILL.md": "A." });
  let now = 0;
  const clock = { ...place.clock, now: () => Date.now() + now };
  place.clock = clock;
  const extensions = new PublicExtensions(async () => place, { source: repository.url, ref, clock });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { extensions, repository, place, commands, pass };
}

describe("the public extensions", () => {
  it("are a checkout in the cache of skills, and a branch is asked again after a minute", async () => {
    const { extensions, repository, place, pass } = await openPublic();
    const first = await extensions.folder();
    const cache = join(place.userDir, "cache/skills/public-skills/resolved-refs");
    expect(first).toBe(join(cache, repository.head()));
    repository.commit({ "skills/b/SKILL.md": "B." });
    expect(await extensions.folder()).toBe(first);
    pass(61_000);
    expect(await extensions.folder()).toBe(join(cache, repository.head()));
  });

  it("are asked for once by callers at one moment, and a commit never again", async () => {
    const { repository, place, commands } = await openPublic();
    const commit = { source: repository.url, ref: repository.head(), clock: place.clock };
    const extensions = new PublicExtensions(async () => place, commit);
    const folders = await Promise.all([extensions.folder(), extensions.folder()]);
    expect(folders[0]).toBe(folders[1]);
    commands.length = 0;
    await extensions.folder();
    expect(commands).toEqual([]);
  });

  it("stay where their repository is gone, but a refresh says so", async () => {
    const { extensions, repository, pass } = await openPublic();
    const folder = await extensions.folder();
    rmSync(repository.path, { recursive: true });
    pass(61_000);
    expect(await extensions.folder()).toBe(folder);
    await expect(extensions.refresh()).rejects.toMatchObject({ code: "source_unavailable" });
    expect(await extensions.folder()).toBe(folder);
  });

  it("are read where they lie when they are a folder, which must be there", async () => {
    const { place, repository } = await openPublic();
    const local = { source: repository.path, ref: "main", clock: place.clock };
    expect(await new PublicExtensions(async () => place, local).folder()).toBe(repository.path);
    const missing = new PublicExtensions(async () => place, { ...local, source: "/nowhere" });
    await expect(missing.folder()).rejects.toMatchObject({ code: "source_unavailable" });
  });

  it("that cannot be fetched are asked for again after some seconds", async () => {
    const { extensions, repository, pass } = await openPublic("v1");
    await expect(extensions.folder()).rejects.toMatchObject({ code: "ref_not_found" });
    repository.git("tag", "v1");
    await expect(extensions.folder()).rejects.toMatchObject({ code: "ref_not_found" });
    pass(6_000);
    expect(await extensions.folder()).toContain(repository.head());
  });
});
