import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { SECRET_MASK } from "../../src/secrets/masking/secret-mask.ts";
import { SecretRegistry } from "../../src/secrets/secret-registry.ts";
import { ServerSecrets } from "../../src/secrets/server-secrets.ts";
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

/** Those of the texts that the mask of a registry hides whole. */
async function hidden(registry: SecretRegistry, ...texts: string[]): Promise<string[]> {
  const mask = await registry.mask();
  return texts.filter((text) => mask.mask(text) === SECRET_MASK);
}

describe("static secrets", () => {
  test("are returned for texts that name them, in any case", async () => {
    const registry = new SecretRegistry({
      sources: { API_KEY: fixed("k"), OTHER: fixed("o"), UNSET: fixed(null) },
    });
    expect(await registry.referencedIn("echo $api_key $UNSET")).toEqual({ API_KEY: "k" });
    expect(await registry.referencedIn("nothing")).toEqual({});
    expect(await hidden(registry, "k", "o", "x")).toEqual(["k", "o"]);
  });

  test("are found in a long text by many names while everything else goes on", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `NAME_${index}_OF_A_SECRET`);
    const registry = new SecretRegistry({
      sources: Object.fromEntries(names.map((name) => [name, fixed("v")])),
    });
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    const values = await registry.referencedIn(`${"name_".repeat(200_000)} $name_999_of_a_secret`);
    clearImmediate(timer);
    expect(Object.keys(values)).toEqual(["NAME_999_OF_A_SECRET"]);
    expect(turns).toBeGreaterThan(100);
  });

  test("can be replaced; the old value stays hidden", async () => {
    const registry = new SecretRegistry({ sources: { A: fixed("old"), B: fixed("b") } });
    registry.add({ A: fixed("new"), C: fixed("c") });
    expect(await registry.referencedIn("A")).toEqual({ A: "new" });
    expect(registry.sources).toEqual({ A: fixed("new"), B: fixed("b"), C: fixed("c") });
    expect(await hidden(registry, "old", "new", "b", "c", "d")).toEqual(["old", "new", "b", "c"]);
  });
});

test("the mask is prepared once for as long as the values stay the same", async () => {
  const server = new ServerSecrets(["key-of-the-server"]);
  const registry = new SecretRegistry({ sources: { A: fixed("value-of-a") }, server });
  const first = await registry.mask();
  expect(await registry.mask()).toBe(first);
  registry.add({ A: fixed("value-of-a") });
  server.remember("key-of-the-server");
  expect((await registry.mask()).patterns[1]).toBe(first.patterns[1]);
  server.remember("key-of-a-provider");
  expect(await hidden(registry, "value-of-a", "key-of-the-server", "key-of-a-provider")).toHaveLength(3);
});

describe("secrets that could not be kept", () => {
  const sources = { TOKEN: fixed(null), OTHER: fixed("o") };

  test("are named to who needs their value, in words that say what to do", async () => {
    const registry = new SecretRegistry({ sources, lost: ["TOKEN"] });
    await expect(registry.referencedIn("curl -H $TOKEN")).rejects.toThrow(
      /^The secret TOKEN could not be kept .* \(OH_SECRET_KEY\).* Set its value again/,
    );
    await expect(registry.referencedIn("echo $TOKEN;")).rejects.toThrow("TOKEN");
    expect(registry.lost).toEqual(["TOKEN"]);
  });

  test("are no reason to refuse what has their name within a longer one", async () => {
    const registry = new SecretRegistry({ sources, lost: ["TOKEN"] });
    expect(await registry.referencedIn("cat TOKENS MY_TOKEN tokens; echo $OTHER")).toEqual({ OTHER: "o" });
  });

  test("are as any other once they are set again", async () => {
    const registry = new SecretRegistry({ sources, lost: ["TOKEN"] });
    registry.add({ TOKEN: fixed("t") });
    expect(await registry.referencedIn("$TOKEN")).toEqual({ TOKEN: "t" });
    expect(registry.lost).toEqual([]);
  });
});

describe("lookup secrets", () => {
  test("are requested with their headers, each time they are named", async () => {
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
    expect(await hidden(registry, "Bearer x 1 ☃", "Bearer x 2 ☃", "Bearer x")).toHaveLength(2);
    expect(count).toBe(2);
  });

  test("without a host are requested from this server", async () => {
    const internalUrl = await serve((request, response) => response.end(request.url));
    const registry = new SecretRegistry({
      internalUrl: () => `${internalUrl}/`,
      sources: { A: lookup("/api/a?b=c") },
    });
    expect(await registry.referencedIn("a")).toEqual({ A: "/api/a?b=c" });
  });

  test("are requested once for simultaneous callers", async () => {
    let count = 0;
    const url = await serve((_, response) => {
      count++;
      response.end("v");
    });
    const registry = new SecretRegistry({ sources: { A: lookup(url) } });
    await Promise.all([registry.referencedIn("A"), registry.mask(), registry.referencedIn("A")]);
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
    expect(await hidden(registry, "b", "v")).toEqual(["b"]);
    working = true;
    expect(await hidden(registry, "b", "v")).toEqual(["b"]);
    expect(count).toBe(1);
    now += 60_000;
    expect(await hidden(registry, "b", "v")).toEqual(["b", "v"]);
    expect(warnings).toEqual([{ secret: "A", reason: "The server of the secret answered 500" }]);
  });

  test("that are named are requested again at once after a failure", async () => {
    const answers = [500, 200];
    const url = await serve((_, response) => response.writeHead(answers.shift() ?? 200).end("v"));
    const registry = new SecretRegistry({ sources: { A: lookup(url) } });
    expect(await registry.referencedIn("A")).toEqual({});
    expect(await registry.referencedIn("A")).toEqual({ A: "v" });
  });

  test("whose server hangs cost one command a wait, and the commands of the next minute nothing", async () => {
    let requests = 0;
    let waits = 0;
    let now = 1_000_000;
    const url = await serve(() => requests++);
    const registry = new SecretRegistry({
      sources: { A: lookup(url), B: fixed("b") },
      clock: { now: () => now },
      logger: { ...silentLogger, warn: () => waits++ },
      patience: { command: 40, mask: 20 },
    });
    await registry.mask();
    for (let command = 0; command < 3; command++) {
      expect(await registry.referencedIn("$A $B")).toEqual({ B: "b" });
      await registry.mask();
    }
    // One of a mask, one of a command.
    expect(waits).toBe(2);
    await expect.poll(() => requests).toBe(1);
    now += 60_000;
    await registry.referencedIn("$A");
    expect(waits).toBe(3);
    // The first request is still running and serves the second caller too.
    expect(requests).toBe(1);
  });

  test("whose value comes after the caller has stopped waiting are hidden from then on, and returned to the next", async () => {
    const answer = Promise.withResolvers<void>();
    const url = await serve((_, response) => void answer.promise.then(() => response.end("late-value")));
    const registry = new SecretRegistry({
      sources: { A: lookup(url) },
      patience: { command: 500, mask: 500 },
    });
    expect(await registry.referencedIn("$A")).toEqual({});
    answer.resolve();
    await expect.poll(() => hidden(registry, "late-value")).toEqual(["late-value"]);
    expect(await registry.referencedIn("$A")).toEqual({ A: "late-value" });
  });

  test("whose source is replaced while they are looked up stay hidden", async () => {
    const answer = Promise.withResolvers<void>();
    const requested = Promise.withResolvers<void>();
    const url = await serve((_, response) => {
      requested.resolve();
      void answer.promise.then(() => response.end("old-value"));
    });
    const registry = new SecretRegistry({ sources: { A: lookup(url) } });
    const values = registry.referencedIn("$A");
    await requested.promise;
    registry.add({ A: fixed("new-value") });
    answer.resolve();
    expect(await values).toEqual({ A: "old-value" });
    expect(await hidden(registry, "old-value", "new-value")).toHaveLength(2);
  });

  test("are not followed to another place, and their headers go nowhere else", async () => {
    let wasFollowed = false;
    const other = await serve((_, response) => {
      wasFollowed = true;
      response.end("v");
    });
    const url = await serve((_, response) => response.writeHead(302, { location: other }).end());
    const registry = new SecretRegistry({ sources: { A: lookup(url, { Authorization: "x" }) } });
    expect([await registry.referencedIn("A"), wasFollowed]).toEqual([{}, false]);
  });

  test("with headers that cannot be sent are left out, and the log does not show them", async () => {
    const reasons: string[] = [];
    const logger = { ...silentLogger, warn: (fields: object) => reasons.push(JSON.stringify(fields)) };
    const sources = { A: lookup("http://127.0.0.1:1", { Authorization: "hush-token\nwith a line" }) };
    expect(await new SecretRegistry({ sources, logger }).referencedIn("A")).toEqual({});
    expect(reasons).toEqual([expect.stringContaining("invalid header")]);
    expect(reasons.join()).not.toContain("hush");
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
