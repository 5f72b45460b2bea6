import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { SecretRegistry } from "../../src/secrets/secret-registry.ts";
import type { SecretSource } from "../../src/wire/secret-source.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fixed(value: string | null): SecretSource {
  return { kind: "StaticSecret", value, description: null };
}

function lookup(url: string, headers: Record<string, string> = {}): SecretSource {
  return { kind: "LookupSecret", url, headers, description: null };
}

describe("static secrets", () => {
  test("are given to texts that name them, in any case", async () => {
    const registry = new SecretRegistry({
      sources: { API_KEY: fixed("k"), OTHER: fixed("o"), UNSET: fixed(null) },
    });
    expect(await registry.referencedIn("echo $api_key $UNSET")).toEqual({ API_KEY: "k" });
    expect(await registry.referencedIn("nothing")).toEqual({});
    expect(await registry.values()).toEqual(["k", "o"]);
  });

  test("can be replaced; the old value stays hidden", async () => {
    const registry = new SecretRegistry({ sources: { A: fixed("old"), B: fixed("b") } });
    registry.set({ A: fixed("new"), C: fixed("c") });
    expect(await registry.referencedIn("A")).toEqual({ A: "new" });
    expect(registry.sources).toEqual({ A: fixed("new"), B: fixed("b"), C: fixed("c") });
    expect(new Set(await registry.values())).toEqual(new Set(["old", "new", "b", "c"]));
  });
});

describe("lookup secrets", () => {
  test("are asked for with their headers, each time they are named", async () => {
    let count = 0;
    const url = await serve((request, response) => {
      count++;
      response.end(`${request.headers.authorization} ${count} ☃`);
    });
    const registry = new SecretRegistry({
      sources: { TOKEN: lookup(`${url}/t`, { Authorization: "Bearer x" }) },
    });
    expect(await registry.referencedIn("$TOKEN")).toEqual({ TOKEN: "Bearer x 1 ☃" });
    expect(await registry.referencedIn("$TOKEN")).toEqual({ TOKEN: "Bearer x 2 ☃" });
    expect(await registry.values()).toEqual(["Bearer x 1 ☃", "Bearer x 2 ☃"]);
    expect(count).toBe(2);
  });

  test("without a host are asked of this server", async () => {
    const internalUrl = await serve((request, response) => response.end(request.url));
    const registry = new SecretRegistry({
      internalUrl: () => `${internalUrl}/`,
      sources: { A: lookup("/api/a?b=c") },
    });
    expect(await registry.referencedIn("a")).toEqual({ A: "/api/a?b=c" });
  });

  test("are asked once by callers of one moment", async () => {
    let count = 0;
    const url = await serve((_, response) => {
      count++;
      response.end("v");
    });
    const registry = new SecretRegistry({ sources: { A: lookup(url) } });
    await Promise.all([registry.referencedIn("A"), registry.values(), registry.referencedIn("A")]);
    expect(count).toBe(1);
  });

  test("that fail are left out with a warning, and masking asks again after a minute", async () => {
    let working = false;
    let count = 0;
    let now = 1_000_000;
    const url = await serve((_, response) => {
      count++;
      response.writeHead(working ? 200 : 500).end("v");
    });
    const warnings: object[] = [];
    const logger = { debug() {}, info() {}, warn: (fields: object) => warnings.push(fields), error() {} };
    const clock = { now: () => now };
    const registry = new SecretRegistry({
      clock,
      logger,
      sources: { A: lookup(`${url}/?key=hush`), B: fixed("b") },
    });
    expect(await registry.values()).toEqual(["b"]);
    working = true;
    expect(await registry.values()).toEqual(["b"]);
    expect(count).toBe(1);
    now += 60_000;
    expect(await registry.values()).toEqual(["b", "v"]);
    expect(warnings).toEqual([{ secret: "A", reason: "The server of the secret answered 500" }]);
  });

  test("that are named are asked again at once after a failure", async () => {
    const answers = [500, 200];
    const url = await serve((_, response) => response.writeHead(answers.shift() ?? 200).end("v"));
    const registry = new SecretRegistry({ sources: { A: lookup(url) } });
    expect(await registry.referencedIn("A")).toEqual({});
    expect(await registry.referencedIn("A")).toEqual({ A: "v" });
  });

  test("are not followed to another place, and their headers go nowhere else", async () => {
    let asked = false;
    const other = await serve((_, response) => {
      asked = true;
      response.end("v");
    });
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end());
    const registry = new SecretRegistry({ sources: { A: lookup(url, { Authorization: "x" }) } });
    expect([await registry.referencedIn("A"), asked]).toEqual([{}, false]);
  });

  test("of over 64 KiB and of other schemes are refused", async () => {
    const url = await serve((_, response) => response.end("x".repeat(64 * 1024 + 1)));
    const sources = {
      LARGE: lookup(url),
      FILE: lookup("file:///etc/passwd"),
      DATA: lookup("data:text/plain,x"),
    };
    expect(await new SecretRegistry({ sources }).referencedIn("LARGE FILE DATA")).toEqual({});
  });
});
