import { describe, expect, it } from "vitest";
import type { Socket } from "../../../src/http/socket.ts";
import { type FeedNode, feedNode, handMadeLink, socketServer } from "./feed-node.ts";

const A = "aaaaaaaa-0000-4000-8000-000000000001";
const B = "bbbbbbbb-0000-4000-8000-000000000002";
const PATIENT = { timeout: 30_000, interval: 20 };
const MEBIBYTE = 1024 * 1024;

/** Follows a name and notes what comes: texts, and null where something may be lost. */
function watch({ feed }: FeedNode, name: string) {
  const taken: (string | null)[] = [];
  const end = feed.follow(name, (text) => taken.push(text ?? null));
  return { taken, end, texts: () => taken.filter((text) => text !== null) };
}

/** Publishes until the follower has heard, which a new link takes a moment for, and has heard everything. */
async function untilLinked(node: FeedNode, name: string, { texts }: ReturnType<typeof watch>): Promise<void> {
  const hello = `hello from ${node.address}`;
  const last = `${hello}, for the last time`;
  await expect
    .poll(() => {
      node.feed.publish(name, () => hello);
      return texts().includes(hello);
    }, PATIENT)
    .toBe(true);
  node.feed.publish(name, () => last);
  await expect.poll(() => texts().at(-1), PATIENT).toBe(last);
}

describe("nodes that follow each other", () => {
  it("get each text once, in order, and only of names that they follow", async () => {
    const addresses: string[] = [];
    await using first = await feedNode(addresses);
    await using second = await feedNode(addresses);
    await using third = await feedNode(addresses);
    const [ofSecond, twin, ofThird] = [watch(second, A), watch(second, A), watch(third, B)];
    await untilLinked(first, A, ofSecond);
    await untilLinked(first, B, ofThird);
    ofSecond.taken.length = twin.taken.length = ofThird.taken.length = 0;
    for (let count = 0; count < 100; count++) first.feed.publish(A, () => `text ${count}`);
    first.feed.publish(B, () => "the last");
    await expect.poll(() => ofThird.texts(), PATIENT).toEqual(["the last"]);
    await expect.poll(() => ofSecond.texts().length, PATIENT).toBe(100);
    expect(ofSecond.texts()).toEqual(Array.from({ length: 100 }, (_, count) => `text ${count}`));
    expect(twin.texts()).toEqual(ofSecond.texts());
  });

  it("make no text that no other node follows, and none of a name that is followed no longer", async () => {
    const addresses: string[] = [];
    await using first = await feedNode(addresses);
    await using second = await feedNode(addresses);
    const [ofA, ofB] = [watch(second, A), watch(second, B)];
    await untilLinked(first, A, ofA);
    ofA.end();
    ofA.end();
    let made = 0;
    await expect
      .poll(() => {
        const before = made;
        first.feed.publish(A, () => `made ${made++}`);
        return made - before;
      }, PATIENT)
      .toBe(0);
    await untilLinked(first, B, ofB);
    const before = ofA.taken.length;
    first.feed.publish("never followed", () => `made ${made++}`);
    expect([made > 20, ofA.taken.length]).toEqual([false, before]);
  });

  it("look at the store when a link is opened, also again after the other node was killed", async () => {
    const addresses: string[] = [];
    const first = await feedNode(addresses);
    await using second = await feedNode(addresses);
    const seen = watch(second, A);
    await untilLinked(first, A, seen);
    expect(seen.taken[0]).toBeNull();
    await first.kill();
    seen.taken.length = 0;
    await using again = await feedNode([], { port: Number(new URL(first.address).port) });
    await untilLinked(again, A, seen);
    expect(seen.taken[0]).toBeNull();
  });

  it("find a node that comes later, and leave one that lives no longer", async () => {
    const addresses: string[] = [];
    await using first = await feedNode(addresses);
    const seen = watch(first, A);
    await using second = await feedNode(addresses);
    await untilLinked(second, A, seen);
    addresses.splice(addresses.indexOf(second.address), 1);
    let made = 0;
    await expect
      .poll(() => {
        const before = made;
        second.feed.publish(A, () => `made ${made++}`);
        return made - before;
      }, PATIENT)
      .toBe(0);
  });
});

describe("a node that is slow", () => {
  it("loses texts, learns of which, and holds up neither the writer nor other nodes", async () => {
    const addresses: string[] = [];
    await using first = await feedNode(addresses);
    await using second = await feedNode(addresses);
    const seen = watch(second, A);
    const { socket, texts } = await handMadeLink(first.address);
    socket.send(JSON.stringify({ follow: [A, B], unfollow: [] }));
    await untilLinked(first, A, seen);
    await expect.poll(() => texts.length, PATIENT).toBeGreaterThan(0);
    seen.taken.length = 0;
    socket.pause();
    for (let count = 0; count < 150; count++) {
      first.feed.publish(A, () => String(count).padEnd(MEBIBYTE, "x"));
      await expect.poll(() => seen.texts().length, PATIENT).toBe(count + 1);
      seen.taken.fill("");
    }
    first.feed.publish(B, () => "missed as well");
    const late = texts.length;
    socket.resume();
    await expect
      .poll(() => texts.filter((text) => text === `${A}\n` || text === `${B}\n`).sort(), PATIENT)
      .toEqual([`${A}\n`, `${B}\n`]);
    // What was not in buffers of the network was dropped.
    expect(texts.length - late).toBeLessThan(80);
    first.feed.publish(B, () => "goes on");
    await expect.poll(() => texts.at(-1), PATIENT).toBe(`${B}\ngoes on`);
    socket.terminate();
  });
});

describe("a node that lies", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);
  const asked = (follow: unknown) => JSON.stringify({ follow, unfollow: [] });

  it.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["no list", asked("everything")],
    ["a name that is too long", asked(["x".repeat(65)])],
    ["a name of two lines", asked(["one\ntwo"])],
    ["more names than fit into a request", asked(names(1_001))],
    ["bytes", Buffer.from(asked([A]))],
  ])("is closed when it asks with %s", async (_what, request) => {
    await using node = await feedNode([]);
    const { socket } = await handMadeLink(node.address);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.send(request);
    expect(await closed).toBe(1008);
  });

  it("is closed when it follows more names than there can be", async () => {
    await using node = await feedNode([]);
    const { socket } = await handMadeLink(node.address);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (let part = 0; part < 51; part++) {
      socket.send(asked(names(1_000).map((name) => `${part} ${name}`)));
    }
    expect(await closed).toBe(1008);
  });

  it("is not heard about names that are not followed, nor with texts of no form, and is asked again after a huge one", async () => {
    const sockets: Socket[] = [];
    await using liar = await socketServer((socket) => {
      socket.onMessage(() => undefined);
      sockets.push(socket);
    });
    await using node = await feedNode([liar.address]);
    const seen = watch(node, A);
    const connected = () => sockets.at(-1);
    await expect.poll(() => sockets.length, PATIENT).toBe(1);
    for (const text of ["no line", `${B}\nnot asked for`, `${"x".repeat(100)}\nlong`, `${A}\nasked for`]) {
      connected()?.send(text);
    }
    await expect.poll(() => seen.texts(), PATIENT).toEqual(["asked for"]);
    connected()?.send(`${A}\n${"x".repeat(17 * MEBIBYTE)}`);
    await expect.poll(() => sockets.length, PATIENT).toBe(2);
    connected()?.send(`${A}\nafter that`);
    await expect.poll(() => seen.texts(), PATIENT).toEqual(["asked for", "after that"]);
  });
});

it("a node without proof is refused, which it reports once", async () => {
  let asked = 0;
  const addresses: string[] = [];
  await using first = await feedNode(addresses);
  await using stranger = await feedNode(addresses, { proof: "forged" });
  const seen = watch(stranger, A);
  await expect.poll(() => stranger.warnings.length, PATIENT).toBe(1);
  first.feed.publish(A, () => `secret ${asked++}`);
  expect([asked, seen.taken]).toEqual([0, []]);
  expect(stranger.warnings).toEqual([{ address: first.address, reason: "Unexpected server response: 403" }]);
});

it("a feed that closes ends its sockets in both directions, and takes no others", async () => {
  const addresses: string[] = [];
  await using first = await feedNode(addresses);
  await using second = await feedNode(addresses);
  const seen = watch(second, A);
  await untilLinked(first, A, seen);
  const { socket } = await handMadeLink(first.address);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await first.feed.close();
  expect(await closed).toBe(1001);
  const late = await handMadeLink(first.address);
  expect(await new Promise((resolve) => late.socket.once("close", resolve))).toBe(1001);
  let made = 0;
  first.feed.publish(A, () => `made ${made++}`);
  expect(made).toBe(0);
});
