import { execFile } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";
import { query, writeDated } from "./folders.ts";

const BOUNDARY = "the-boundary";

/** Sends a form of one part and notes the answer. */
function upload(client: Client, at: string, disposition: string, content: string): Promise<void> {
  const part = `Content-Disposition: form-data; ${disposition}\r\nContent-Type: text/plain\r\n\r\n${content}`;
  return client.bytes({
    method: "POST",
    path: at,
    body: `--${BOUNDARY}\r\n${part}\r\n--${BOUNDARY}--\r\n`,
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
  });
}

const FILE = 'name="file"; filename="given.txt"';
const at = (verb: string, fields: Record<string, string | string[]>) => `/api/file/${verb}${query(fields)}`;

export const fileScenarios: Scenario[] = [
  {
    name: "files: uploads",
    script: [],
    drive: async (client, { workspace }) => {
      const path = (name: string) => join(workspace, name);
      const put = (name: string, content = "text") =>
        upload(client, at("upload", { path: path(name) }), FILE, content);
      const get = (name: string) => client.ask("GET", at("download", { path: path(name) }));
      await writeDated(workspace, { "a-file": "before", "folder/inner": "" });
      await put("new.txt", "one\r\ntwo\n");
      await get("new.txt");
      await put("new.txt", "shorter");
      await get("new.txt");
      await put("a/b/c.txt", "");
      await get("a/b/c.txt");
      await put("ä ö.txt", "ünï");
      await get("ä ö.txt");
      await put("folder");
      await put("a-file/below");
      await put("a-file/far/below");
      await put("folder/../up.txt");
      await get("up.txt");
      await get("a-file");
    },
  },
  {
    name: "files: uploads that are refused",
    script: [],
    drive: async (client, { workspace }) => {
      const path = join(workspace, "refused");
      await upload(client, at("upload", { path: "relative" }), FILE, "x");
      await upload(client, at("upload", { path: "" }), FILE, "x");
      await upload(client, "/api/file/upload", FILE, "x");
      await upload(client, at("upload", { path }), 'name="other"; filename="x"', "x");
      await upload(client, at("upload", { path }), 'name="file"', "no file, a field");
      await client.bytes({ method: "POST", path: at("upload", { path }) });
      await client.bytes({ method: "POST", path: at("upload", { path }), body: { file: "x" } });
      await client.bytes({ method: "GET", path: at("upload", { path }) });
      await client.bytes({ method: "POST", path: `/api/file/upload/${path}` });
      await client.ask("GET", at("download", { path }));
    },
  },
  {
    name: "files: downloads",
    script: [],
    drive: async (client, { workspace }) => {
      const names = ["plain.txt", "two words.txt", 'quo"te.txt', "ünï☃.txt", "semi;colon, comma", ".hidden"];
      await writeDated(workspace, Object.fromEntries(names.map((name) => [name, `${name}\n`])));
      await writeDated(workspace, { bytes: Buffer.from([0, 255, 128]), empty: "", "page.html": "<p>" });
      await symlink("plain.txt", join(workspace, "link"));
      await symlink("nowhere", join(workspace, "dangling"));
      await promisify(execFile)("mkfifo", [join(workspace, "pipe")]);
      for (const name of [...names, "bytes", "empty", "page.html", "link", "./deep/../plain.txt"]) {
        await client.bytes({ method: "GET", path: at("download", { path: `${workspace}/${name}` }) });
      }
      for (const path of ["", "relative", "./plain.txt", "~", "/no/such/file", workspace, "/"]) {
        await client.bytes({ method: "GET", path: at("download", { path }) });
      }
      for (const name of ["missing", "dangling", "pipe", "plain.txt/below"]) {
        await client.bytes({ method: "GET", path: at("download", { path: join(workspace, name) }) });
      }
      await client.bytes({ method: "GET", path: "/api/file/download" });
      const path = at("download", { path: join(workspace, "plain.txt") });
      await client.bytes({ method: "DELETE", path });
      await client.bytes({ method: "HEAD", path });
    },
  },
  {
    name: "files: parts of a download",
    script: [],
    drive: async (client, { workspace }) => {
      await writeDated(workspace, { "digits.txt": "0123456789", empty: "" });
      const path = at("download", { path: join(workspace, "digits.txt") });
      const part = (range: string, more: Record<string, string> = {}) =>
        client.bytes({ method: "GET", path, headers: { range, ...more } });
      for (const range of ["0-3", "0-0", "4-", "-3", "-100", "0-99", "9-9", "0-9"])
        await part(`bytes=${range}`);
      for (const range of ["10-", "100-200", "-0"]) await part(`bytes=${range}`);
      for (const range of ["5-2", "x-y", "", "-", "1-2-3", "1.5-2"]) await part(`bytes=${range}`);
      await part("items=0-3");
      await part("BYTES=0-3");
      await part("bytes=0-3", { "if-range": '"another"' });
      await part("bytes=0-3", { "if-range": "Fri, 02 Jan 2026 03:04:05 GMT" });
      await part("bytes=0-3", { "if-range": "Thu, 01 Jan 2026 03:04:05 GMT" });
      await client.bytes({ method: "GET", path, headers: { "if-none-match": '"another"' } });
      const empty = at("download", { path: join(workspace, "empty") });
      await client.bytes({ method: "GET", path: empty, headers: { range: "bytes=0-" } });
    },
  },
  {
    name: "files: downloads of several parts, and of what has not changed",
    script: [],
    drive: async (client, { workspace }) => {
      await writeDated(workspace, { "digits.txt": "0123456789" });
      const path = at("download", { path: join(workspace, "digits.txt") });
      const ask = (headers: Record<string, string>) => client.request({ method: "GET", path, headers });
      await ask({ range: "bytes=0-1,4-5" });
      await ask({ "if-none-match": "*" });
      await ask({ "if-modified-since": "Fri, 02 Jan 2026 03:04:05 GMT" });
    },
  },
  {
    name: "files: folders that are made",
    script: [],
    drive: async (client, { workspace }) => {
      const make = (path: string) => client.ask("POST", at("create_directory", { path }));
      await writeDated(workspace, { "a-file": "x" });
      await mkdir(join(workspace, "real"));
      await symlink("real", join(workspace, "link"));
      for (const name of ["new", "new", "a/b/c", "ünï code", "link", "link/below", "real/../beside"]) {
        await make(`${workspace}/${name}`);
      }
      for (const name of ["a-file", "a-file/below", "a-file/far/below"]) await make(`${workspace}/${name}`);
      for (const path of ["", "relative", "./x", "~/x", "/", `${workspace}/`]) await make(path);
      await client.ask("POST", "/api/file/create_directory");
      await client.ask("GET", at("create_directory", { path: workspace }));
      await client.ask("GET", at("search_subdirs", { path: workspace }));
    },
  },
  {
    name: "files: folders to choose from",
    script: [],
    drive: async (client, { workspace }) => {
      const search = (fields: Record<string, string>) => client.ask("GET", at("search_subdirs", fields));
      const names = ["beta", "Alpha", "alpha", "ALPHA", ".hidden", "ünï", "Zeta", "with space", "10", "9"];
      for (const name of names) await mkdir(join(workspace, name), { recursive: true });
      await writeDated(workspace, { "a-file": "x" });
      await symlink("beta", join(workspace, "link"));
      await search({ path: workspace });
      await search({ path: workspace, include_hidden: "true" });
      await search({ path: workspace, include_hidden: "1", limit: "3" });
      for (let page: string | null = ""; page !== null; ) {
        const fields: Record<string, string> = {
          path: workspace,
          limit: "4",
          ...(page && { page_id: page }),
        };
        const { body } = await search(fields);
        page = (body as { next_page_id: string | null }).next_page_id;
      }
      for (const page_id of ["alpha", "ALPHA", "nowhere", "zzz", ""]) {
        await search({ path: workspace, limit: "2", page_id });
      }
      for (const limit of ["0", "101", "x", "1.5", "-1", ""]) await search({ path: workspace, limit });
      await search({ path: workspace, include_hidden: "perhaps" });
      for (const name of ["missing", "a-file", "link", "a-file/below"])
        await search({ path: join(workspace, name) });
      await search({ path: `${workspace}/beta/../` });
      for (const path of ["", "relative", "~"]) await search({ path });
      await client.ask("GET", "/api/file/search_subdirs");
    },
  },
  {
    name: "files: the home folder",
    script: [],
    alone: true,
    drive: async (client, { workspace }) => {
      const home = join(dirname(workspace), "home");
      const made = ["Beta", "alpha", ".dots", "with space"];
      for (const name of made) await mkdir(join(home, name), { recursive: true });
      await writeDated(home, { "a-file": "x" });
      await symlink("alpha", join(home, "link"));
      try {
        for (const more of [
          "",
          "?include_hidden=false",
          "?include_hidden=0",
          "?include_hidden=perhaps",
          "?x=1",
        ]) {
          await client.ask("GET", `/api/file/home${more}`);
        }
        await client.ask("POST", "/api/file/home");
      } finally {
        for (const name of [...made, "a-file", "link"]) await rm(join(home, name), { recursive: true });
      }
    },
  },
];
