import { describe, expect, it } from "vitest";
import { DOCS_ASSET_SOURCES, docsAssets } from "../../../src/node/docs-assets.ts";
import { get, makeCore, ORIGIN } from "../make-core.ts";

const core = makeCore({ docsAssets });

describe.each(["/docs", "/redoc"])("%s", (path) => {
  it("is a page whose every file is ours", async () => {
    const response = await core.fetch(get(path));
    const html = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const files = [...html.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, file]) => file as string);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      expect((await core.fetch(new Request(new URL(file, ORIGIN + path)))).status).toBe(200);
    }
  });

  it("lets the browser load from nowhere else", async () => {
    const { headers } = await core.fetch(get(path));
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("has no script in the page itself", async () => {
    const html = await (await core.fetch(get(path))).text();
    expect(html).not.toMatch(/<script>|<script [^>]*>[^<]/);
  });
});

it.each(["/docs", "/redoc", "/openapi.json"])("HEAD %s has the headers and no body", async (path) => {
  const response = await core.fetch(new Request(ORIGIN + path, { method: "HEAD" }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/html|json/);
  expect(await response.text()).toBe("");
});

it("serves the files it names and no others", async () => {
  for (const name of Object.keys(DOCS_ASSET_SOURCES)) {
    const response = await core.fetch(get(`/docs/${name}`));
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100_000);
  }
  for (const name of ["..%2F..%2Fpackage.json", "package.json", "toString", "__proto__"]) {
    expect((await core.fetch(get(`/docs/${name}`))).status).toBe(404);
  }
});

it("without files there are no pages", async () => {
  expect((await makeCore().fetch(get("/docs"))).status).toBe(404);
});
