import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { OPERATOR_KEY, openAccess, startBody } from "./open-access.ts";

const UNKNOWN = randomUUID();

it("a key is shown once, and the store has only a digest of it", async () => {
  await using bench = await openAccess();
  const { key, id } = await bench.newKey({ name: "ci", scope: "read" });
  expect(key).toMatch(/^as_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  const listed = await bench.ask(OPERATOR_KEY, "GET", "/api/access-keys");
  expect(listed.body).toMatchObject([
    { id, name: "ci", scope: "read", last_used_at: null, revoked_at: null },
  ]);
  expect(listed.text).not.toContain(key);
  const stored = JSON.stringify(await bench.server.store.documents.list("access-key"));
  expect(stored).toContain('"digest');
  expect(stored).not.toContain(key.slice(16));
});

it("a text with a slip, an unknown key and one of another server are refused as a wrong key is", async () => {
  await using bench = await openAccess();
  await using other = await openAccess();
  const { key } = await bench.newKey({ scope: "admin" });
  const foreign = await other.newKey({ scope: "admin" });
  const slip = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
  // The right id with another secret: its digest differs.
  const forged = foreign.key.replace(/^as_.{12}/, key.slice(0, 15));
  const wrong = await bench.ask("wrong", "GET", "/api/conversations/count");
  for (const text of [slip, forged, foreign.key]) {
    const refused = await bench.ask(text, "GET", "/api/conversations/count");
    expect([refused.status, refused.text]).toEqual([401, wrong.text]);
  }
  expect((await bench.ask(key, "GET", "/api/conversations/count")).status).toBe(200);
});

it("a key that reads looks at conversations and does nothing else", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { key } = await bench.newKey({ scope: "read" });
  for (const path of ["search", "count", id, `${id}/events/search`, `${id}/events/count`]) {
    expect([path, (await bench.ask(key, "GET", `/api/conversations/${path}`)).status]).toEqual([path, 200]);
  }
  const refusals = [
    ["POST", "/api/conversations", startBody(bench.server)],
    ["POST", `/api/conversations/${id}/run`],
    ["PATCH", `/api/conversations/${id}`, { title: "mine" }],
    ["DELETE", `/api/conversations/${id}`],
    ["POST", `/api/conversations/${id}/events`, { role: "user", content: [{ type: "text", text: "Hi" }] }],
    ["POST", `/api/conversations/${id}/bash/execute_bash_command`, { command: "id" }],
    ["GET", "/api/settings"],
    ["GET", "/api/settings/secrets"],
    ["POST", "/api/bash/execute_bash_command", { command: "id" }],
    ["GET", "/api/file/home"],
    ["GET", "/api/access-keys"],
  ] as const;
  for (const [method, path, body] of refusals) {
    expect([path, (await bench.ask(key, method, path, body)).status]).toEqual([path, 403]);
  }
  expect((await bench.ask(key, "GET", "/api/settings")).body.detail).toBe(
    "This needs the scope 'admin'; the caller has 'read'",
  );
});

it("a key that writes works with conversations, and has nothing of the server", async () => {
  await using bench = await openAccess();
  const { key } = await bench.newKey({ scope: "write" });
  const id = await bench.start(key);
  expect((await bench.ask(key, "PATCH", `/api/conversations/${id}`, { title: "mine" })).status).toBe(200);
  for (const path of ["/api/settings", "/api/settings/secrets", "/api/profiles", "/api/access-keys"]) {
    expect([path, (await bench.ask(key, "GET", path)).status]).toEqual([path, 403]);
  }
  const own = { kind: "LookupSecret", url: "http://localhost:8000/api/settings/secrets/TOKEN" };
  const lookups = [
    ["/api/conversations", startBody(bench.server, { secrets: { TOKEN: own } })],
    [`/api/conversations/${id}/secrets`, { secrets: { TOKEN: own } }],
    [
      `/api/conversations/${id}/secrets`,
      { secrets: { TOKEN: { ...own, url: "//x/api/settings/secrets/A?" } } },
    ],
  ] as const;
  for (const [path, body] of lookups) {
    expect([path, (await bench.ask(key, "POST", path, body)).status]).toEqual([path, 403]);
  }
});

it("a key of an admin makes and revokes keys, itself among them", async () => {
  await using bench = await openAccess();
  const { key, id } = await bench.newKey({ scope: "admin" });
  expect((await bench.ask(key, "POST", "/api/access-keys", { name: "n", scope: "read" })).status).toBe(201);
  expect((await bench.ask(key, "DELETE", `/api/access-keys/${id}`)).body.revoked_at).not.toBeNull();
  expect((await bench.ask(key, "GET", "/api/access-keys")).status).toBe(401);
  expect((await bench.ask(OPERATOR_KEY, "DELETE", "/api/access-keys/nope")).status).toBe(404);
});

it("what a key may do has to make sense", async () => {
  await using bench = await openAccess();
  const refused = [
    [{ scope: "root" }, 422],
    [{ scope: "read", name: "" }, 422],
    [{ scope: "admin", owner: "ada" }, 422],
    [{ scope: "admin", tags: { team: "red" } }, 422],
    [{ scope: "read", tags: { "Not a key": "x" } }, 422],
    // What is not known would be a limit that does not hold.
    [{ scope: "read", limit: { sockets: 1 } }, 422],
    [{ scope: "read", expires_at: "2001-01-01T00:00:00Z" }, 400],
  ] as const;
  for (const [fields, status] of refused) {
    const made = await bench.ask(OPERATOR_KEY, "POST", "/api/access-keys", { name: "n", ...fields });
    expect([fields, made.status]).toEqual([fields, status]);
  }
});

it("a key with tags reaches conversations that have them, and gives them to new ones for good", async () => {
  await using bench = await openAccess();
  const { key } = await bench.newKey({ scope: "write", tags: { team: "red" } });
  const blue = await bench.start(OPERATOR_KEY, { tags: { team: "blue" } });
  const red = await bench.start(OPERATOR_KEY, { tags: { team: "red", other: "x" } });
  const own = await bench.start(key, { tags: { team: "blue" } });
  const { body: page } = await bench.ask(key, "GET", "/api/conversations/search?limit=1");
  const { body: rest } = await bench.ask(
    key,
    "GET",
    `/api/conversations/search?limit=1&page_id=${page.next_page_id}`,
  );
  expect([...page.items, ...rest.items].map(({ id }) => id).sort()).toEqual([red, own].sort());
  expect(rest.next_page_id).toBeNull();
  expect((await bench.ask(key, "GET", "/api/conversations/count")).body).toBe(2);
  const batch = await bench.ask(key, "GET", `/api/conversations?ids=${blue}&ids=${red}`);
  expect(batch.body).toMatchObject([null, { id: red }]);
  expect((await bench.ask(key, "GET", `/api/conversations/${blue}`)).status).toBe(404);
  await bench.ask(key, "PATCH", `/api/conversations/${own}`, { tags: { team: "blue", more: "y" } });
  const { body: fork } = await bench.ask(key, "POST", `/api/conversations/${own}/fork`, {});
  for (const id of [own, fork.id]) {
    expect((await bench.ask(key, "GET", `/api/conversations/${id}`)).body.tags).toMatchObject({
      team: "red",
    });
  }
});

it("a key in the name of a principal reaches what that one has created", async () => {
  const users = { "user-ada": { id: "ada" }, "user-bob": { id: "bob" } };
  await using bench = await openAccess({
    apiKeys: [],
    authenticate: ({ headers }) =>
      headers.get("x-session-api-key") === OPERATOR_KEY ||
      (users[headers.get("x-session-api-key") as keyof typeof users] ?? false),
  });
  const ofAda = await bench.start("user-ada");
  const ofBob = await bench.start("user-bob");
  const { key } = await bench.newKey({ scope: "write", owner: "ada" });
  const byKey = await bench.start(key);
  expect((await bench.ask(key, "GET", `/api/conversations/${ofBob}`)).status).toBe(404);
  const { body } = await bench.ask("user-ada", "GET", "/api/conversations/search");
  expect(body.items.map(({ id }: { id: string }) => id).sort()).toEqual([ofAda, byKey].sort());
});

it("a key ends at its time, when it is revoked, and with its former text when it gets another", async () => {
  await using bench = await openAccess();
  const at = (seconds: number) => new Date(bench.server.clock.now() + seconds * 1_000).toISOString();
  const status = async (key: string) => (await bench.ask(key, "GET", "/api/conversations/count")).status;
  const short = await bench.newKey({ scope: "read", expires_at: at(60) });
  const revoked = await bench.newKey({ scope: "read" });
  const rotated = await bench.newKey({ scope: "read" });
  for (const { key } of [short, revoked, rotated]) expect(await status(key)).toBe(200);
  await bench.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${revoked.id}`);
  const { body } = await bench.ask(OPERATOR_KEY, "POST", `/api/access-keys/${rotated.id}/rotate`);
  expect([await status(revoked.key), await status(rotated.key), await status(body.key)]).toEqual([
    401, 401, 200,
  ]);
  expect((await bench.ask(OPERATOR_KEY, "POST", `/api/access-keys/${revoked.id}/rotate`)).status).toBe(409);
  bench.server.clock.advance(60_000);
  expect(await status(short.key)).toBe(401);
});

it("another server of the store takes a revoked key for two seconds at most", async () => {
  await using first = await openAccess();
  await using second = await openAccess({ store: first.server.store, clock: first.server.clock });
  const { key, id } = await first.newKey({ scope: "read" });
  const status = async () => (await second.ask(key, "GET", "/api/conversations/count")).status;
  expect(await status()).toBe(200);
  await first.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${id}`);
  first.server.clock.advance(2_001);
  expect(await status()).toBe(401);
});

it("the sockets of a key end when it is revoked; one that only reads sends no message", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { url } = await bench.server.listen();
  const reader = await bench.newKey({ scope: "read" });
  for (const way of ["header", "query", "frame"]) {
    const socket = connect(`${url.replace("http", "ws")}/sockets/events/${id}`, reader.key, way);
    await expect.poll(() => socket.frames.join(), { timeout: 10_000 }).toContain("full_state");
    socket.send(JSON.stringify({ role: "user", content: [{ type: "text", text: "Hi" }] }));
    await expect.poll(() => socket.frames.join(), { timeout: 10_000 }).toContain("needs the scope 'write'");
    socket.close();
  }
  const socket = connect(`${url.replace("http", "ws")}/sockets/session/${id}`, reader.key, "header");
  await expect.poll(() => socket.frames.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await bench.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${reader.id}`);
  await expect.poll(() => socket.closed, { timeout: 20_000 }).toBe(4001);
  const { body } = await bench.ask(OPERATOR_KEY, "GET", `/api/conversations/${id}/events/count`);
  expect(body).toBe(0);
});

it("a key that may not follow the commands of the server is told so, whichever way it is shown", async () => {
  await using bench = await openAccess();
  const { url } = await bench.server.listen();
  const { key } = await bench.newKey({ scope: "write" });
  const path = `${url.replace("http", "ws")}/sockets/bash-events`;
  const byFrame = connect(path, key, "frame");
  await expect.poll(() => byFrame.closed, { timeout: 10_000 }).toBe(1008);
  const byHeader = connect(path, key, "header");
  await expect.poll(() => byHeader.failed, { timeout: 10_000 }).toContain("403");
});

it("the cookie that a key has opened dies with the key", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { key, id: keyId } = await bench.newKey({ scope: "read" });
  const opened = await bench.ask(key, "POST", "/api/auth/workspace-session");
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const path = `http://localhost/api/conversations/${id}/workspace/none.txt`;
  const status = async () => (await bench.server.fetch(new Request(path, { headers: { cookie } }))).status;
  expect(await status()).toBe(404);
  await bench.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${keyId}`);
  expect(await status()).toBe(401);
});

it("what was opened with the former text of a key ends, too", async () => {
  await using bench = await openAccess();
  const id = await bench.start(OPERATOR_KEY);
  const { url } = await bench.server.listen();
  const { key, id: keyId } = await bench.newKey({ scope: "read" });
  const opened = await bench.ask(key, "POST", "/api/auth/workspace-session");
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const path = `${url.replace("http", "ws")}/sockets/session/${id}`;
  const former = connect(path, key, "header");
  await expect.poll(() => former.frames.length, { timeout: 20_000 }).toBeGreaterThan(0);
  const { body } = await bench.ask(OPERATOR_KEY, "POST", `/api/access-keys/${keyId}/rotate`);
  const next = connect(path, body.key, "header");
  await expect.poll(() => former.closed, { timeout: 20_000 }).toBe(4001);
  await expect.poll(() => next.frames.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(next.closed).toBeUndefined();
  const file = `http://localhost/api/conversations/${id}/workspace/none.txt`;
  expect((await bench.server.fetch(new Request(file, { headers: { cookie } }))).status).toBe(401);
  next.close();
});

it("the use of a key is noted to the minute", async () => {
  await using bench = await openAccess();
  const { key } = await bench.newKey({ scope: "read" });
  const used = async () => (await bench.ask(OPERATOR_KEY, "GET", "/api/access-keys")).body[0].last_used_at;
  await Promise.all([1, 2, 3].map(() => bench.ask(key, "GET", `/api/conversations/${UNKNOWN}`)));
  const first = new Date(bench.server.clock.now()).toISOString();
  await expect.poll(used, { timeout: 10_000 }).toBe(first);
  const revision = async () => (await bench.server.store.documents.list("access-key"))[0]?.revision;
  const before = await revision();
  bench.server.clock.advance(30_000);
  await bench.ask(key, "GET", `/api/conversations/${UNKNOWN}`);
  expect(await revision()).toBe(before);
});

interface Followed {
  frames: string[];
  closed: number | undefined;
  failed: string | undefined;
  send(text: string): void;
  close(): void;
}

function connect(url: string, key: string, way: string): Followed {
  const headers = way === "header" ? { "x-session-api-key": key } : {};
  const socket = new WebSocket(way === "query" ? `${url}?session_api_key=${key}` : url, { headers });
  const followed: Followed = {
    ...{ frames: [], closed: undefined, failed: undefined },
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
  socket.on(
    "open",
    () => way === "frame" && socket.send(JSON.stringify({ type: "auth", session_api_key: key })),
  );
  socket.on("message", (data) => followed.frames.push(String(data)));
  socket.on("close", (code) => {
    followed.closed = code;
  });
  socket.on("error", ({ message }) => {
    followed.failed = message;
  });
  return followed;
}
