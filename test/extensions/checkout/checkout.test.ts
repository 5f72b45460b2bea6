import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fetchFilled } from "../../../src/extensions/checkout/fetch-filled.ts";
import { fetchSource } from "../../../src/extensions/checkout/fetch-source.ts";
import type { FetchRules } from "../../../src/extensions/checkout/fetching-git.ts";
import { maskSource, readSource } from "../../../src/extensions/checkout/source.ts";
import { startGitHost } from "../git-host.ts";
import { type FilesToWrite, GitRepository, writeFiles } from "../git-repository.ts";
import { openPlace } from "../open-place.ts";

interface Wanted {
  source: string;
  ref?: string | null;
  repoPath?: string | null;
  rules?: Partial<FetchRules>;
}

/** A machine, and a fetch there. */
async function openFetch() {
  const opened = await openPlace();
  const cacheFolder = join(opened.place.userDir, "cache", "plugins");
  const fetch = async ({ source, ref = null, repoPath = null, rules = {} }: Wanted) =>
    fetchSource(opened.place, readSource({ source, ref, repoPath }, opened.place.workspace.info), {
      cacheFolder,
      isStrict: true,
      deadline: opened.place.clock.now() + 30_000,
      ...rules,
    });
  const repository = (name: string, files: FilesToWrite = { "a.txt": "one" }) =>
    new GitRepository(join(opened.folder, name), files);
  return { ...opened, cacheFolder, fetch, repository };
}

function cacheName(url: string, name: string): string {
  return `${name}-${createHash("sha256").update(url).digest("hex").slice(0, 16)}`;
}

describe("a source that is a repository", () => {
  it("is checked out in the folder of its commit, without its repository", async () => {
    const { fetch, repository, cacheFolder } = await openFetch();
    const weather = repository("weather");
    const { path, resolvedRef } = await fetch({ source: weather.url });
    expect(resolvedRef).toBe(weather.head());
    const folder = join(cacheFolder, cacheName(weather.url, "weather"));
    expect(path).toBe(join(folder, "resolved-refs", weather.head()));
    expect(readdirSync(path)).toEqual(["a.txt"]);
    expect(readdirSync(folder).sort()).toEqual(["requested-refs", "resolved-refs"]);
  });

  it("is taken at a branch, a tag, a full name, an id and the beginning of an id", async () => {
    const { fetch, repository } = await openFetch();
    const weather = repository("weather");
    const first = weather.head();
    weather.git("tag", "v1");
    weather.git("-c", "user.name=t", "-c", "user.email=t@t", "tag", "--annotate", "v1-signed", "-m", "one");
    weather.git("branch", "old");
    const second = weather.commit({ "a.txt": "two" });
    weather.git("tag", "old");
    const refs = [
      "v1",
      "v1-signed",
      "old",
      "refs/heads/old",
      "refs/tags/v1",
      "origin/old",
      first,
      first.slice(0, 9),
    ];
    for (const ref of refs)
      expect(await fetch({ source: weather.url, ref })).toMatchObject({ resolvedRef: first });
    for (const ref of [null, "main", "refs/tags/old", second.toUpperCase()])
      expect(await fetch({ source: weather.url, ref })).toMatchObject({ resolvedRef: second });
  });

  it("keeps earlier commits as they were when a branch moves on", async () => {
    const { fetch, repository } = await openFetch();
    const weather = repository("weather");
    const before = await fetch({ source: weather.url, ref: "main" });
    weather.commit({ "a.txt": "two" });
    const after = await fetch({ source: weather.url, ref: "main" });
    expect(readFileSync(join(before.path, "a.txt"), "utf8")).toBe("one");
    expect(readFileSync(join(after.path, "a.txt"), "utf8")).toBe("two");
  });

  it("needs no network for a commit that is there", async () => {
    const { fetch, repository, commands } = await openFetch();
    const weather = repository("weather");
    const commit = weather.head();
    const { path } = await fetch({ source: weather.url });
    rmSync(weather.path, { recursive: true });
    commands.length = 0;
    expect(await fetch({ source: weather.url, ref: commit })).toEqual({ path, resolvedRef: commit });
    expect(commands).toEqual([]);
  });

  it("asks only what a ref names when its commit is there", async () => {
    const { fetch, repository, commands } = await openFetch();
    const weather = repository("weather");
    await fetch({ source: weather.url });
    commands.length = 0;
    await fetch({ source: weather.url });
    expect(commands.filter((command) => !command.includes("ls-remote"))).toEqual([]);
  });

  it("is taken from the cache when it cannot be reached, unless the fetch is strict", async () => {
    const { fetch, repository, warnings } = await openFetch();
    const weather = repository("weather");
    const { path } = await fetch({ source: weather.url, ref: "main" });
    rmSync(weather.path, { recursive: true });
    const rules = { isStrict: false };
    expect(await fetch({ source: weather.url, ref: "main", rules })).toMatchObject({ path });
    expect(warnings).toEqual(["a source is taken from the cache"]);
    await expect(fetch({ source: weather.url, ref: "other", rules })).rejects.toMatchObject({
      code: "source_unavailable",
    });
    await expect(fetch({ source: weather.url, ref: "main" })).rejects.toMatchObject({
      code: "source_unavailable",
    });
  });

  it("is one checkout when several fetches bring it at one moment", async () => {
    const { fetch, repository, cacheFolder } = await openFetch();
    const weather = repository("weather");
    const fetched = await Promise.all(Array.from({ length: 6 }, () => fetch({ source: weather.url })));
    expect(new Set(fetched.map(({ path }) => path)).size).toBe(1);
    const folder = join(cacheFolder, cacheName(weather.url, "weather"));
    expect(readdirSync(folder).sort()).toEqual(["requested-refs", "resolved-refs"]);
  });

  it("leaves the reference's own clone in the same cache alone", async () => {
    const { fetch, repository, cacheFolder } = await openFetch();
    const weather = repository("weather");
    const folder = join(cacheFolder, cacheName(weather.url, "weather"));
    const clone = new GitRepository(folder, { "b.txt": "theirs" });
    const head = clone.head();
    await fetch({ source: weather.url });
    expect(clone.head()).toBe(head);
    expect(readFileSync(join(folder, "b.txt"), "utf8")).toBe("theirs");
  });

  it("has the folders that dead fetches left removed after a day", async () => {
    const { fetch, repository, cacheFolder, place } = await openFetch();
    const weather = repository("weather");
    const folder = join(cacheFolder, cacheName(weather.url, "weather"));
    mkdirSync(join(folder, ".fetch-dead"), { recursive: true });
    await fetch({ source: weather.url });
    expect(existsSync(join(folder, ".fetch-dead"))).toBe(true);
    const now = place.clock.now();
    place.clock = { ...place.clock, now: () => now + 25 * 60 * 60 * 1000 };
    await fetch({ source: weather.url });
    expect(existsSync(join(folder, ".fetch-dead"))).toBe(false);
  });
});

describe("a folder within a source", () => {
  it("is found in a repository and below a path, also behind a link that stays inside", async () => {
    const { fetch, folder, repository } = await openFetch();
    const files = { "plugins/a/x.md": "x", "main.md": "m" };
    const weather = repository("weather", files);
    weather.commit({ link: { link: "plugins/a" } });
    writeFiles(join(folder, "plain"), files);
    const { path } = await fetch({ source: weather.url, repoPath: "/plugins/a/" });
    expect(readdirSync(path)).toEqual(["x.md"]);
    expect(readdirSync((await fetch({ source: weather.url, repoPath: "link" })).path)).toEqual(["x.md"]);
    expect(await fetch({ source: join(folder, "plain"), repoPath: "plugins/a" })).toEqual({
      path: join(folder, "plain/plugins/a"),
      resolvedRef: null,
    });
  });

  it("is refused where it leads out, is a file or is missing", async () => {
    const { fetch, repository } = await openFetch();
    const weather = repository("weather");
    weather.commit({ out: { link: "/etc" }, loop: { link: "loop" }, up: { link: "../.." } });
    for (const repoPath of ["..", "a/../../..", "out", "loop", "up", "a.txt", "missing", "a\0b"]) {
      await expect(fetch({ source: weather.url, repoPath })).rejects.toMatchObject({
        code: "repo_path_not_found",
        message: `repo_path not found: ${repoPath}`,
      });
    }
  });
});

describe("what a repository holds", () => {
  it("runs nothing: no hook, filter or submodule", async () => {
    const { fetch, repository, folder } = await openFetch();
    const other = repository("other");
    const weather = repository("weather");
    const mark = join(folder, "ran");
    weather.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", other.url, "module");
    weather.git("config", "uploadpack.packObjectsHook", `touch ${mark} && exec`);
    weather.commit({
      ".gitattributes": "*.bin filter=evil\n",
      ".gitconfig": `[filter "evil"]\n  smudge = touch ${mark}\n[core]\n  hooksPath = hooks\n`,
      "hooks/post-checkout": `#!/bin/sh\ntouch ${mark}\n`,
      "data.bin": "data",
    });
    const { path } = await fetch({ source: weather.url });
    expect(existsSync(mark)).toBe(false);
    expect(readFileSync(join(path, "data.bin"), "utf8")).toBe("data");
    expect(existsSync(join(path, "module", "a.txt"))).toBe(false);
  });

  it("stays the pointer of a large file", async () => {
    const { fetch, repository } = await openFetch();
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    const weather = repository("weather", { "big.bin": pointer, ".gitattributes": "*.bin filter=lfs\n" });
    const { path } = await fetch({ source: weather.url });
    expect(readFileSync(join(path, "big.bin"), "utf8")).toBe(pointer);
  });

  it("is refused with too many files, and none of them is written", async () => {
    const { fetch, repository, cacheFolder } = await openFetch();
    const weather = repository("weather");
    weather.commitTree("many", { files: 225, levels: 1 });
    weather.commitTree("bomb", { files: 300, levels: 6 });
    for (const ref of ["many", "bomb"]) {
      await expect(fetch({ source: weather.url, ref })).rejects.toMatchObject({
        code: "source_not_allowed",
        message: "The repository is larger than this server takes.",
      });
    }
    expect(readdirSync(join(cacheFolder, cacheName(weather.url, "weather")))).toEqual([]);
  }, 60_000);
});

describe("a source on the web", () => {
  it("gets its credentials in a header, never as an argument, and names one cache for everyone", async () => {
    const { fetch, repository, folder, commands } = await openFetch();
    repository("weather");
    const allowed = `Basic ${btoa("me:s3cret/x")}`;
    const host = await startGitHost(folder, (request, response) => {
      if (request.headers.authorization === allowed) return false;
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return true;
    });
    const source = `${host.url.replace("//", "//me:s3cret%2Fx@")}/weather/.git`;
    const { path } = await fetch({ source });
    expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("one");
    expect(path).toContain(cacheName(`${host.url}/weather/.git`, "repo"));
    expect(commands.filter((command) => command.includes("s3cret"))).toEqual([]);
    await expect(fetch({ source: `${host.url}/weather/.git` })).rejects.toMatchObject({
      code: "auth_failed",
    });
    const wrong = `${host.url.replace("//", "//me:hunter2@")}/weather/.git`;
    const failure = fetch({ source: wrong });
    await expect(failure).rejects.toMatchObject({ code: "auth_failed" });
    await expect(failure).rejects.not.toThrow(/hunter2/);
  });

  it("is not followed to another address", async () => {
    const { fetch, repository, folder } = await openFetch();
    repository("weather");
    const target = await startGitHost(folder);
    const moved = await startGitHost(folder, (request, response) => {
      response.writeHead(302, { location: target.url + request.url }).end();
      return true;
    });
    await expect(fetch({ source: `${moved.url}/weather/.git` })).rejects.toMatchObject({
      code: "source_unavailable",
    });
    expect(target.requests).toEqual([]);
  });

  it("is refused at a metadata service, and told apart from a name that nobody knows", async () => {
    const { fetch, commands } = await openFetch();
    for (const source of ["http://169.254.169.254/x", "http://[fd00:ec2::254]/x", "me@169.254.169.254:x/y"])
      await expect(fetch({ source })).rejects.toMatchObject({ code: "source_not_allowed" });
    await expect(fetch({ source: "https://nobody.invalid/x" })).rejects.toMatchObject({
      code: "source_unavailable",
      message: "Could not resolve host: nobody.invalid",
    });
    expect(commands).toEqual([]);
  });

  it("is refused where git would ask another host than the one that is judged", async () => {
    const { fetch, commands } = await openFetch();
    for (const source of [
      "http://me@github.com\\@169.254.169.254/x",
      "https://me@github.com:443\\@169.254.169.254/x",
      "git://169.254.169.254%2Fx@github.com/y",
      "ssh://169.254.169.254%2Fx@github.com/y",
      "ssh://github.com/x@[169.254.169.254]/y",
      "ssh://github.com/x%40%5B169.254.169.254%5D/y",
      "git@github.com:x@[169.254.169.254]:y",
    ])
      await expect(fetch({ source })).rejects.toMatchObject({ code: "invalid_source" });
    for (const source of ["ssh://git@169.254.169.254:22/x", "git://[fd00:ec2::254]/x"])
      await expect(fetch({ source })).rejects.toMatchObject({ code: "source_not_allowed" });
    expect(commands).toEqual([]);
  });

  it("is refused with a password that git would have as an argument", async () => {
    const { fetch, commands } = await openFetch();
    for (const scheme of ["ssh", "git"]) {
      const failure = fetch({ source: `${scheme}://me:hunter2@h.example/r` });
      await expect(failure).rejects.toMatchObject({ code: "invalid_source" });
      await expect(failure).rejects.toThrow("An address of SSH or git has no password.");
    }
    expect(commands).toEqual([]);
  });

  it("that does not answer is given up at the deadline", async () => {
    const { fetch, folder, place } = await openFetch();
    const host = await startGitHost(folder, (_request, response) => {
      setTimeout(() => response.destroy(), 5_000).unref();
      return true;
    });
    const rules = { deadline: place.clock.now() + 300 };
    await expect(fetch({ source: `${host.url}/slow`, rules })).rejects.toMatchObject({
      code: "timeout",
      message: "Git operation timed out.",
    });
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of sources

describe("a source with secrets in it", () => {
  it("repeats none of them in failures and in the log", async () => {
    const { place, repository, fields, warnings } = await openFetch();
    const weather = repository("hunter2", { "a.txt": "one" });
    weather.git("branch", "hunter2-next");
    const values: Record<string, string> = { NAME: "hunter2", NEXT: "hunter2-next", HOST: "nobody.invalid" };
    const fetch = (source: string, ref: string | null = null) =>
      fetchFilled(
        place,
        { source, ref, repoPath: null },
        {
          filling: { secret: async (name) => values[name], areRequired: true },
          isStrict: false,
          cacheFolder: join(place.userDir, "cache"),
          deadline: place.clock.now() + 30_000,
        },
      );
    const source = weather.url.replace("hunter2", "${NAME}");
    await fetch(source, "${NEXT}");
    for (const [text, ref] of [
      [source, "no-${NAME}"],
      ["github:${NAME}"],
      ["/missing/${NAME}"],
      ["https://${HOST}/x"],
    ] as const) {
      const failure = fetch(text, ref);
      await expect(failure).rejects.toThrow("****");
      await expect(failure).rejects.not.toThrow(/hunter2|nobody/);
    }
    rmSync(weather.path, { recursive: true });
    await fetch(source, "${NEXT}");
    expect(warnings).toEqual(["a source is taken from the cache"]);
    expect(fields[0]).toMatchObject({ ref: "****" });
    expect(JSON.stringify(fields)).not.toContain("hunter2");
  });

  it("is shown with its placeholders, and with no literal password next to them", () => {
    const shown = {
      "https://me@h.example/r": "https://****@h.example/r",
      "https://${TOKEN}@h.example/r": "https://${TOKEN}@h.example/r",
      "https://me:${TOKEN}@h.example/r": "https://me:${TOKEN}@h.example/r",
      "https://${USER}:hunter2@h.example/r": "https://${USER}:****@h.example/r",
      "https://${USER:-me}:hunter2@h.example/r": "https://****@h.example/r",
      "https://me:hunter2${TOKEN}@h.example/r": "https://****@h.example/r",
      "https://hunter2${TOKEN}@h.example/r": "https://****@h.example/r",
      "ssh://git@h.example/r": "ssh://git@h.example/r",
    };
    expect(Object.keys(shown).map(maskSource)).toEqual(Object.values(shown));
  });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of sources

describe("a fault of a source has its code", () => {
  it("for refs, repositories and texts", async () => {
    const { fetch, repository, folder } = await openFetch();
    const weather = repository("weather");
    const empty = repository("empty", {});
    const cases: [Wanted, string][] = [
      [{ source: weather.url, ref: "nope" }, "ref_not_found"],
      [{ source: weather.url, ref: "0".repeat(40) }, "ref_not_found"],
      [{ source: weather.url, ref: "deadbeef" }, "ref_not_found"],
      [{ source: empty.url }, "ref_not_found"],
      [{ source: `file://${folder}/missing` }, "source_unavailable"],
      [{ source: join(folder, "missing") }, "source_unavailable"],
      [{ source: "ext::sh -c touch% ran" }, "invalid_source"],
      [{ source: "justaname" }, "invalid_source"],
      [{ source: "github:owner" }, "invalid_source"],
      [{ source: "https://" }, "invalid_source"],
    ];
    for (const [wanted, code] of cases)
      await expect(fetch(wanted), wanted.source).rejects.toMatchObject({ code });
  });

  it("also for refs that would be options or expressions", async () => {
    const { fetch, repository } = await openFetch();
    const weather = repository("weather");
    for (const ref of [
      "--upload-pack=touch ran",
      "-x",
      "main~1",
      "a..b",
      "@",
      "HEAD",
      "x^{}",
      "*",
      "a b",
      ".a",
      "a/",
    ])
      await expect(fetch({ source: weather.url, ref }), ref).rejects.toMatchObject({ code: "ref_not_found" });
  });
});
