import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GitRepository } from "../../extensions/git-repository.ts";
import { manifestOf, write, writeApp } from "./app-sources.ts";
import { openApps } from "./open-apps.ts";

const EXTENSIONS = "/api/canvas-extensions";
const INSTALLED = `${EXTENSIONS}/installed`;

describe("an extension of Agent Canvas", () => {
  it("is installed from a path, disabled, enabled, listed and removed", async () => {
    const { ask, folder, home } = await openApps();
    const source = await writeApp(folder, "notes");
    const installed = await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
    expect(installed).toMatchObject({ status: 200 });
    expect(installed.body).toEqual({
      name: "notes",
      version: "1.2.3",
      description: "Shows things.",
      enabled: false,
      source,
      requested_ref: null,
      resolved_ref: null,
      repo_path: null,
      installed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      install_path: join(home, ".openhands/canvas-extensions/installed/notes"),
      manifest: manifestOf("notes"),
    });
    expect((await ask("GET", `${INSTALLED}/notes`)).body).toEqual(installed.body);
    expect((await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: true } })).body).toEqual({
      name: "notes",
      enabled: true,
    });
    expect((await ask("GET", INSTALLED)).body).toEqual({
      canvas_extensions: [{ ...installed.body, enabled: true }],
    });
    expect((await ask("DELETE", `${INSTALLED}/notes`)).body).toEqual({
      message: "Canvas extension 'notes' uninstalled",
    });
    expect((await ask("GET", INSTALLED)).body).toEqual({ canvas_extensions: [] });
    expect(existsSync(installed.body.install_path)).toBe(false);
  });

  it("is installed from a folder of a git repository at a commit, which is its revision", async () => {
    const { ask, folder } = await openApps();
    const repository = new GitRepository(join(folder, "repo"), {
      "apps/notes/canvas-extension.json": JSON.stringify(manifestOf("notes")),
      "apps/notes/dist/index.js": "export {}",
    });
    const { body } = await ask("POST", `${EXTENSIONS}/install`, {
      body: { source: repository.url, ref: "main", repo_path: "apps/notes" },
    });
    expect(body).toMatchObject({
      requested_ref: "main",
      resolved_ref: repository.head(),
      repo_path: "apps/notes",
      manifest: { name: "notes" },
    });
    expect((await ask("GET", `${INSTALLED}/notes/backend`)).body.revision).toBe(repository.head());
  });

  it("is replaced by force alone, and stays enabled then", async () => {
    const { ask, folder } = await openApps();
    const source = await writeApp(folder, "notes");
    const install = (force: boolean) => ask("POST", `${EXTENSIONS}/install`, { body: { source, force } });
    await install(false);
    await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: true } });
    expect(await install(false)).toMatchObject({
      status: 409,
      body: { detail: "Canvas extension already installed. Use force=true to overwrite." },
    });
    write(source, "canvas-extension.json", JSON.stringify(manifestOf("notes", { version: "2.0.0" })));
    expect((await install(true)).body).toMatchObject({ version: "2.0.0", enabled: true });
  });

  it("is disabled when it is installed again after its folder was taken away", async () => {
    const { ask, folder } = await openApps();
    const source = await writeApp(folder, "notes");
    const { body } = await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
    await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: true } });
    rmSync(body.install_path, { recursive: true });
    expect((await ask("POST", `${EXTENSIONS}/install`, { body: { source } })).body.enabled).toBe(false);
  });

  it("is found where users have put it, and is disabled", async () => {
    const { ask, home } = await openApps();
    const place = join(home, ".openhands/canvas-extensions/installed/notes");
    write(place, "canvas-extension.json", JSON.stringify(manifestOf("notes")));
    write(place, "dist/index.js", "export {}");
    expect((await ask("GET", INSTALLED)).body.canvas_extensions).toMatchObject([
      { name: "notes", enabled: false, source: "local", install_path: place },
    ]);
  });

  it("is refused with the words that clients know", async () => {
    const { ask, folder } = await openApps();
    const install = async (body: object) => {
      const answer = await ask("POST", `${EXTENSIONS}/install`, { body });
      return [answer.status, answer.body.detail];
    };
    const nowhere = join(folder, "nowhere");
    expect(await install({ source: nowhere })).toEqual([
      400,
      expect.stringMatching(/^Could not read canvas extension source: .*nowhere/),
    ]);
    mkdirSync(join(folder, "empty"));
    expect(await install({ source: join(folder, "empty") })).toEqual([
      422,
      "No canvas-extension.json found at the resolved location. Source plus Path must point at the extension's own " +
        "directory, not the repository root.",
    ]);
    expect((await install({ source: "" }))[0]).toBe(422);
    for (const path of ["gone", "gone/bundle", "gone/icon"])
      expect((await ask("GET", `${INSTALLED}/${path}`)).status).toBe(404);
    expect(await ask("PATCH", `${INSTALLED}/gone`, { body: { enabled: true } })).toMatchObject({
      status: 404,
      body: { detail: "Canvas extension 'gone' is not installed" },
    });
    expect((await ask("DELETE", `${INSTALLED}/gone`)).status).toBe(404);
    expect((await ask("GET", `${INSTALLED}/Not-A-Name`)).status).toBe(422);
    expect((await ask("GET", `${INSTALLED}/..%2Fbackends`)).status).toBe(422);
  });

  it("has a script and a picture, which run nowhere else", async () => {
    const { ask, folder } = await openApps();
    const source = await writeApp(folder, "notes", { manifest: { icon: "icon.svg" } });
    write(source, "icon.svg", "<svg/>");
    await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
    const bundle = await ask("GET", `${INSTALLED}/notes/bundle`);
    expect(bundle).toMatchObject({ status: 200, text: 'export const name = "notes";' });
    expect(bundle.headers).toMatchObject({
      "content-type": expect.stringMatching(/^(text|application)\/javascript/),
      "cache-control": "no-cache",
      etag: expect.any(String),
    });
    expect(bundle.headers["content-disposition"]).toBeUndefined();
    const again = await ask("GET", `${INSTALLED}/notes/bundle`, {
      headers: { "if-none-match": String(bundle.headers.etag) },
    });
    expect(again.status).toBe(304);
    const icon = await ask("GET", `${INSTALLED}/notes/icon`);
    expect(icon).toMatchObject({ status: 200, text: "<svg/>" });
    expect(icon.headers).toMatchObject({
      "content-type": "image/svg+xml",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      "x-content-type-options": "nosniff",
    });
  });

  it("loses a picture of another kind, and nothing else", async () => {
    const { ask, folder } = await openApps();
    for (const icon of ["icon.png", 5, null]) {
      const source = await writeApp(folder, "notes", { manifest: { icon } });
      const { body } = await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
      expect(body.manifest).toEqual(manifestOf("notes"));
    }
    const source = await writeApp(folder, "notes", { manifest: { icon: "missing.svg" } });
    await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
    expect(await ask("GET", `${INSTALLED}/notes/icon`)).toMatchObject({
      status: 404,
      body: { detail: "Canvas extension 'notes' icon not found" },
    });
  });

  it("is refused with a manifest that is not valid", async () => {
    const { ask, folder } = await openApps();
    const artifacts = { "linux-amd64": { path: "b.tar.gz", sha256: "a".repeat(64) } };
    const backend = { schema_version: 1, artifacts, argv: ["{artifact_dir}/b"] };
    const wrong: Record<string, object> = {
      version: { schema_version: 2 },
      name: { name: "Not a name" },
      "entry above": { entrypoint: "../index.js" },
      "entry elsewhere": { entrypoint: "/etc/passwd" },
      "entry is a folder": { entrypoint: "." },
      "entry is missing": { entrypoint: "gone.js" },
      "page id": { contributes: { pages: [{ id: "A", title: "", path: "/a" }] } },
      "page path": { contributes: { pages: [{ id: "a", title: "", path: "a/../b" }] } },
      "page twice": { contributes: { pages: [1, 2].map(() => ({ id: "a", title: "", path: "/a" })) } },
      "no platform": { backend: { ...backend, artifacts: {} } },
      "other platform": { backend: { ...backend, artifacts: { "win-amd64": artifacts["linux-amd64"] } } },
      "archive above": { backend: { ...backend, artifacts: artifactWith({ path: "../b.tar.gz" }) } },
      "archive of another kind": { backend: { ...backend, artifacts: artifactWith({ path: "b.zip" }) } },
      "plain http": {
        backend: { ...backend, artifacts: artifactWith({ path: "", url: "http://a/b.tar.gz" }) },
      },
      "password in url": {
        backend: { ...backend, artifacts: artifactWith({ path: "", url: "https://u:p@a/b.tar.gz" }) },
      },
      "path and url": { backend: { ...backend, artifacts: artifactWith({ url: "https://a/b.tar.gz" }) } },
      "no checksum": { backend: { ...backend, artifacts: artifactWith({ sha256: "A".repeat(64) }) } },
      "program elsewhere": { backend: { ...backend, argv: ["/bin/sh"] } },
      placeholder: { backend: { ...backend, argv: ["{artifact_dir}/b", "{home}"] } },
      variable: { backend: { ...backend, inherit_environment: ["LD_PRELOAD"] } },
      "endless health": { backend: { ...backend, health: { timeout_seconds: 301 } } },
    };
    for (const [name, manifest] of Object.entries(wrong)) {
      const source = await writeApp(folder, "notes", { manifest });
      const { status, body } = await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
      expect([name, status, body.detail]).toEqual([
        name,
        422,
        "Invalid canvas extension. Ensure the manifest is well-formed.",
      ]);
    }
    expect((await ask("GET", INSTALLED)).body.canvas_extensions).toEqual([]);
  });
});

function artifactWith(more: object): object {
  return { "linux-amd64": { path: "b.tar.gz", sha256: "a".repeat(64), ...more } };
}

describe("an extension that means harm", () => {
  it("shows no file from outside its folder, not even when it is changed later", async () => {
    const { ask, folder, home } = await openApps();
    write(home, "secret.js", "the secret");
    write(home, "secret.svg", "the secret");
    const source = await writeApp(folder, "notes", { manifest: { icon: "icon.svg" } });
    rmSync(join(source, "dist/index.js"));
    symlinkSync(join(home, "secret.js"), join(source, "dist/index.js"));
    expect((await ask("POST", `${EXTENSIONS}/install`, { body: { source } })).status).toBe(422);
    rmSync(join(source, "dist/index.js"));
    write(source, "dist/index.js", "export {}");
    symlinkSync(join(home, "secret.svg"), join(source, "icon.svg"));
    const { body } = await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
    expect(existsSync(join(body.install_path, "icon.svg"))).toBe(false);
    expect((await ask("GET", `${INSTALLED}/notes/icon`)).status).toBe(404);

    symlinkSync(join(home, "secret.svg"), join(body.install_path, "icon.svg"));
    expect((await ask("GET", `${INSTALLED}/notes/icon`)).status).toBe(404);
    rmSync(join(body.install_path, "dist/index.js"));
    symlinkSync(join(home, "secret.js"), join(body.install_path, "dist/index.js"));
    expect((await ask("GET", `${INSTALLED}/notes/bundle`)).status).toBe(404);
    expect((await ask("GET", `${INSTALLED}/notes`)).body.manifest).toBeNull();
    expect(readFileSync(join(home, "secret.js"), "utf8")).toBe("the secret");
  });

  it("keeps the password of its source to itself", async () => {
    const { ask } = await openApps();
    const answer = await ask("POST", `${EXTENSIONS}/install`, {
      body: { source: "https://user:hunter2@127.0.0.1:9/app.git" },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("hunter2");
  });
});
