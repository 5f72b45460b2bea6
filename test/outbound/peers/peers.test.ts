import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Peers } from "../../../src/outbound/peers/peers.ts";

it("a connection to another server is kept for seconds only, and never while an answer is awaited", async () => {
  let answered = 0;
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.url === "/slow") await sleep(5_000);
    answered += 1;
    outgoing.end("done");
  });
  // Longer than the other end keeps it.
  server.keepAliveTimeout = 60_000;
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peers = new Peers();
  onTestFinished(() => {
    peers.close();
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signal = new AbortController().signal;
  const ask = async (target: string) => {
    const outcome = await peers.ask({ address, target, method: "POST", headers: [], body: null, signal });
    return outcome.kind === "answered" ? await new Response(outcome.body).text() : outcome.kind;
  };
  expect(await ask("/quick")).toBe("done");
  expect(await ask("/slow")).toBe("done");
  const connections = () =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  expect(answered).toBe(2);
  await expect.poll(connections).toBe(0);
});
