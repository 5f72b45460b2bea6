import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Scenario } from "../../scenario.ts";
import { commit, query, repository, write, writeDated } from "./folders.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000001";
const BOUNDARY = "the-boundary";
const FORM = {
  body: `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nnew\r\n--${BOUNDARY}--\r\n`,
  headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
};

/** One request of every kind below a conversation, about a path. */
function requests(at: string, path: string) {
  const about = query({ path });
  return [
    { method: "POST", path: `${at}/file/upload${about}`, ...FORM },
    { method: "GET", path: `${at}/file/download${about}` },
    { method: "POST", path: `${at}/file/create_directory${about}` },
    { method: "GET", path: `${at}/file/archive${about}&format=tar.gz` },
    { method: "GET", path: `${at}/git/changes${about}` },
    { method: "GET", path: `${at}/git/diff${about}` },
    { method: "GET", path: `${at}/git/commits${about}` },
    { method: "GET", path: `${at}/git/commits/0123456/changes${about}` },
  ];
}

export const placeScenarios: Scenario[] = [
  {
    name: "places: files and repositories of a conversation",
    script: [],
    drive: async (client, { workspace }) => {
      await write(workspace, { "a.txt": "1\n" });
      await repository(workspace);
      const sha = await commit(workspace, "One");
      await write(workspace, { "a.txt": "2\n" });
      const about = (path: string) => query({ path });
      const get = (path: string) => client.bytes({ method: "GET", path: `~${path}` });
      await client.bytes({
        method: "POST",
        path: `~/file/upload${about(join(workspace, "deep/new.txt"))}`,
        ...FORM,
      });
      await get(`/file/download${about(join(workspace, "deep/new.txt"))}`);
      await get(`/file/download${about(join(workspace, "deep"))}`);
      await get(`/file/download${about(join(workspace, "missing"))}`);
      await client.ask("POST", `~/file/create_directory${about(join(workspace, "made"))}`);
      await client.ask("POST", `~/file/create_directory${about(join(workspace, "a.txt"))}`);
      await get(`/git/changes${about(workspace)}`);
      await get(`/git/changes${about(workspace)}&ref=nowhere`);
      await get(`/git/diff${about(join(workspace, "a.txt"))}`);
      await get(`/git/diff${about(join(workspace, "a.txt"))}&ref=HEAD&commit=${sha}`);
      await get(`/git/commits${about(workspace)}&limit=1`);
      await get(`/git/commits${about(workspace)}&limit=0`);
      await get(`/git/commits/${sha}/changes${about(workspace)}`);
      await get("/file/home");
      await get(`/file/search_subdirs${about(workspace)}`);
      await get(`/git/repositories/search?provider=github`);
      for (const path of ["/file/download", "/file/archive", "/git/changes", "/git/diff", "/git/commits"]) {
        await get(path);
      }
    },
  },
  {
    name: "places: paths that leave the folder of a conversation",
    script: [],
    drive: async (client, { workspace }) => {
      await write(workspace, { "a.txt": "1\n" });
      await symlink("/etc", join(workspace, "out"));
      await symlink("/tmp/no-such-folder/at-all", join(workspace, "dangling"));
      await symlink(workspace, join(workspace, "self"));
      const outside = [
        "/etc/hostname",
        `${workspace}/../x`,
        `${workspace}-other`,
        `${workspace}/out/hostname`,
        `${workspace}/dangling`,
        `${workspace}/dangling/below`,
        "a.txt",
        "",
      ];
      for (const path of outside) for (const request of requests("~", path)) await client.bytes(request);
      await client.bytes({
        method: "GET",
        path: `~/file/download${query({ path: `${workspace}/self/a.txt` })}`,
      });
    },
  },
  {
    name: "places: conversations that are not there",
    script: [],
    drive: async (client, { workspace }) => {
      for (const id of [UNKNOWN, "nope"]) {
        const at = `/api/conversations/${id}`;
        for (const request of requests(at, workspace)) await client.bytes(request);
        for (const path of ["/vscode/url", "/vscode/status", `/file/download-trajectory/${UNKNOWN}`]) {
          await client.bytes({ method: "GET", path: at + path });
        }
        for (const path of ["/workspace", "/workspace/", "/workspace/a.txt"]) {
          await client.bytes({ method: "GET", path: at + path });
        }
      }
    },
  },
  {
    name: "places: the trajectory of another conversation",
    script: [],
    drive: async (client) => {
      await client.ask("GET", `~/file/download-trajectory/${UNKNOWN}`);
      await client.ask("GET", "~/file/download-trajectory/nope");
    },
  },
  {
    name: "places: an editor that is off",
    script: [],
    drive: async (client, { workspace }) => {
      for (const at of ["/api", "~"]) {
        await client.ask("GET", `${at}/vscode/status`);
        await client.ask("GET", `${at}/vscode/url`);
        await client.ask(
          "GET",
          `${at}/vscode/url${query({ base_url: "https://x.test", workspace_dir: workspace })}`,
        );
        await client.ask("GET", `${at}/vscode/url${query({ workspace_dir: "/etc" })}`);
        await client.ask("GET", `${at}/vscode/url${query({ workspace_dir: "relative" })}`);
        await client.ask("POST", `${at}/vscode/url`);
        await client.ask("GET", `${at}/vscode/nothing`);
      }
    },
  },
  {
    name: "tools: the list and the catalogue",
    script: [],
    drive: async (client) => {
      await client.ask("GET", "/api/tools/");
      await client.ask("GET", "/api/tools/catalog");
      await client.ask("GET", "/api/tools/nothing");
      await client.ask("POST", "/api/tools/");
      await client.ask("POST", "/api/tools/catalog");
    },
  },
  {
    name: "workspace files: pages of a conversation",
    script: [],
    drive: async (client, { workspace }) => {
      const get = (path: string, headers?: Record<string, string>) =>
        client.bytes({ method: "GET", path: `~/workspace${path}`, headers });
      await get("");
      await get("/");
      await writeDated(workspace, {
        "index.html": "<p>Hello.",
        "site/index.html": "<p>Site.",
        "empty/x": "",
      });
      await writeDated(workspace, {
        "a.txt": "text\n",
        "two words.md": "# x\n",
        "data.json": "{}",
        "x.unknown": "x",
      });
      await writeDated(workspace, {
        "p.png": Buffer.of(137, 80),
        "s.svg": "<svg/>",
        "m.mjs": "1",
        "c.css": "a{}",
        none: "",
      });
      await symlink("a.txt", join(workspace, "inside"));
      await symlink("/etc/hostname", join(workspace, "outside"));
      await symlink("/etc", join(workspace, "etc"));
      await symlink("nowhere", join(workspace, "dangling"));
      for (const path of ["", "/", "/index.html", "/site", "/site/", "/empty", "/a.txt", "/two%20words.md"])
        await get(path);
      for (const name of ["data.json", "x.unknown", "p.png", "s.svg", "m.mjs", "c.css", "none"])
        await get(`/${name}`);
      for (const name of ["inside", "outside", "etc/hostname", "dangling", "missing", "a.txt/x"])
        await get(`/${name}`);
      for (const name of [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/x",
        "%2fetc%2fpasswd",
        "site/..%2fa.txt",
        ".%2fa.txt",
      ]) {
        await get(`/${name}`);
      }
      await get("/a.txt", { range: "bytes=0-1" });
      await get("/a.txt", { range: "bytes=9-" });
      await client.bytes({ method: "POST", path: "~/workspace/a.txt" });
    },
  },
  {
    name: "workspace files: the session of a browser",
    script: [],
    drive: async (client) => {
      const path = "/api/auth/workspace-session";
      await client.bytes({ method: "POST", path });
      await client.bytes({ method: "DELETE", path });
      await client.bytes({ method: "GET", path });
    },
  },
];
