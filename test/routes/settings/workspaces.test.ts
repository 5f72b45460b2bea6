import { memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";
import { openServer } from "./open-server.ts";

const PATH = "/api/workspaces";
const item = (path: string, extra = {}) => ({ id: path, name: path.slice(1), path, ...extra });

describe("the list of folders for pickers", () => {
  it("takes each path once, the first of its kind, and keeps the order", async () => {
    const ask = openServer();
    expect((await ask("GET", PATH)).body).toEqual({ workspaces: [], workspaceParents: [] });
    const first = item("/a", { parentPath: "/" });
    await ask("POST", PATH, { workspaces: [first, item("/b"), { ...item("/a"), name: "second" }] });
    const answer = await ask("POST", PATH, { workspaces: [item("/b", { name: "new" }), item("/c")] });
    expect(answer).toEqual({
      status: 200,
      body: { workspaces: [first, item("/b"), item("/c")], workspaceParents: [] },
    });
    const parents = await ask("POST", `${PATH}/parents`, { parents: [item("/p"), item("/p"), item("/a")] });
    expect(parents.body.workspaceParents).toEqual([item("/p"), item("/a")]);
    expect((await ask("GET", PATH)).body).toEqual(parents.body);
  });

  it("accepts the other name of the parent's path, and leaves out what is not there", async () => {
    const ask = openServer();
    const workspaces = [
      item("/a", { parent_path: "/" }),
      item("/b", { parentPath: null }),
      item("/c", { parentPath: "" }),
      item("/d", { more: 1 }),
    ];
    expect((await ask("POST", PATH, { workspaces })).body.workspaces).toEqual([
      item("/a", { parentPath: "/" }),
      item("/b"),
      item("/c", { parentPath: "" }),
      item("/d"),
    ]);
  });

  it("loses a folder by its path", async () => {
    const ask = openServer();
    await ask("POST", PATH, { workspaces: [item("/a b"), item("/c")] });
    await ask("POST", `${PATH}/parents`, { parents: [item("/a b")] });
    expect(await ask("DELETE", `${PATH}?path=%2Fa%20b`)).toEqual({ status: 200, body: { deleted: true } });
    expect(await ask("DELETE", `${PATH}?path=/a%20b`)).toEqual({
      status: 404,
      body: { detail: "Workspace not found" },
    });
    expect((await ask("DELETE", `${PATH}/parents?path=/a%20b`)).status).toBe(200);
    expect(await ask("DELETE", `${PATH}/parents?path=/a%20b`)).toEqual({
      status: 404,
      body: { detail: "Workspace parent not found" },
    });
    expect((await ask("GET", PATH)).body).toEqual({ workspaces: [item("/c")], workspaceParents: [] });
    expect((await ask("DELETE", PATH)).status).toBe(422);
  });

  it.each([
    ["an empty id", { id: "" }],
    ["a long name", { name: "x".repeat(257) }],
    ["a long path", { path: "/".repeat(4_097) }],
    ["a long parent", { parentPath: "/".repeat(4_097) }],
    ["a path that is not text", { path: 3 }],
  ])("refuses %s and keeps nothing of the request", async (_, wrong) => {
    const ask = openServer();
    const workspaces = [item("/a"), { ...item("/b"), ...wrong }];
    const { status, body } = await ask("POST", PATH, { workspaces });
    expect([status, body.detail[0].loc]).toEqual([422, ["body", "workspaces", 1, Object.keys(wrong)[0]]]);
    expect((await ask("GET", PATH)).body.workspaces).toEqual([]);
  });

  it("is not written by a request that changes nothing", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await ask("POST", PATH, { workspaces: [item("/a")] });
    const before = await store.documents.list("workspaces");
    await ask("POST", PATH, { workspaces: [item("/a")] });
    await ask("DELETE", `${PATH}?path=/nowhere`);
    expect(await store.documents.list("workspaces")).toEqual(before);
  });

  it.each(["{", '{"schema_version":2}', '{"workspaces":3}'])(
    "that is damaged (%s) stays as it is",
    async (json) => {
      const store = memoryStore();
      await store.documents.write([{ kind: "workspaces", name: "saved", json, expected: null }]);
      const ask = openServer({ store });
      const refused = { status: 409, body: { detail: "Workspaces file is corrupted" } };
      expect(await ask("GET", PATH)).toEqual(refused);
      expect(await ask("POST", PATH, { workspaces: [item("/a")] })).toEqual(refused);
      expect(await ask("DELETE", `${PATH}?path=/a`)).toEqual(refused);
      expect((await store.documents.read("workspaces", "saved"))?.json).toBe(json);
    },
  );

  it("takes what many clients add at the same moment", async () => {
    const ask = openServer();
    const paths = [...Array(30).keys()].map((index) => `/w${index}`);
    await Promise.all(paths.map((path) => ask("POST", PATH, { workspaces: [item(path)] })));
    expect((await ask("GET", PATH)).body.workspaces).toHaveLength(30);
  });
});
