import { describe, expect, it } from "vitest";
import { get, KEY, makeCore, withKey } from "../make-core.ts";

const SOCKET = "/sockets/notes/12345678-1234-1234-1234-123456789012";
const PAGES = {
  foreign: { origin: "https://evil.example" },
  opaque: { origin: "null" },
  unnamed: { "sec-fetch-site": "cross-site" },
  allowed: { origin: "https://app.example.com" },
  own: { origin: "https://agents.example", host: "agents.example" },
  otherPort: { origin: "https://agents.example:444", host: "agents.example" },
  program: {},
};

describe("an upgrade by a page", () => {
  it.each([
    ["with a key", makeCore()],
    ["with a check of the host", makeCore({ keys: [], authenticate: () => true })],
    ["without credentials", makeCore({ keys: [], keyless: "anyone" })],
  ])("%s is refused unless it is an allowed page, or one of the server", async (_case, core) => {
    const served: string[] = [];
    for (const [name, headers] of Object.entries(PAGES)) {
      const outcome = await core.upgrade(get(`${SOCKET}?session_api_key=${KEY.replace(" ", "+")}`, headers));
      if (outcome instanceof Response) expect([name, outcome.status]).toEqual([name, 403]);
      else served.push(name);
    }
    expect(served).toEqual(["allowed", "own", "program"]);
  });

  it("is asked for at the host that it names, in any case", async () => {
    const own = { origin: "https://agents.example", host: "AGENTS.example" };
    expect(await makeCore().upgrade(get(SOCKET, withKey(own)))).toBeTypeOf("function");
    const none = { origin: "about:blank", host: "" };
    expect(await makeCore().upgrade(get(SOCKET, withKey(none)))).toMatchObject({ status: 403 });
  });
});

it("what only reads is served to any page, which cannot read the answer", async () => {
  const core = makeCore({ keys: [], keyless: "anyone" });
  for (const headers of Object.values(PAGES)) {
    expect((await core.fetch(get("/health", headers))).status).toBe(200);
  }
});

it("names of allowed hosts are compared without case and port", async () => {
  const core = makeCore({ keys: [], allowedHosts: ["Agents.Example:8000"] });
  const statusAt = async (host: string) => (await core.fetch(get("/health", { host }))).status;
  expect(await Promise.all(["agents.example", "AGENTS.EXAMPLE:9000"].map(statusAt))).toEqual([200, 200]);
  expect(
    await Promise.all(["agents.example.", "x.agents.example", "agents.example:x"].map(statusAt)),
  ).toEqual([403, 403, 403]);
});
