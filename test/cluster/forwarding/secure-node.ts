/**
 * A node behind TLS, as a process: which certificates it trusts is settled by NODE_EXTRA_CA_CERTS when a process
 * starts. Prints its address as the command does. `/live` says how many conversations are in its memory.
 */
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { toNodeHandler } from "../../../src/node/node-handler.ts";
import { createServer } from "../../../src/server/create-server.ts";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { say, scriptedLlm } from "../../../src/testing/index.ts";

const { PLACE = "{}", HOST = "", FOLDER = "", CERTIFICATE = "", API_KEY = "" } = process.env;

const pem = readFileSync(CERTIFICATE);
const port = createTlsServer({ key: pem, cert: pem });
await new Promise<void>((resolve) => port.listen(0, HOST, resolve));
const address = `https://${HOST}:${(port.address() as AddressInfo).port}`;
const llm = scriptedLlm(
  async () => {
    await sleep(50);
    return say("That is all there is to say.");
  },
  { stream: true, record: false },
);
const server = createServer({
  store: postgresStore(JSON.parse(PLACE)),
  apiKeys: [API_KEY],
  secretKey: "the secret key of the cluster",
  conversationsPath: FOLDER,
  createLlm: () => llm,
  cluster: { address },
  logger: {
    debug() {},
    info() {},
    warn: (fields, message) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
    error: (fields, message) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  },
});
const handle = toNodeHandler(server);
port.on("request", (incoming, outgoing) => {
  if (incoming.url === "/live") outgoing.end(String(server.conversations.liveCount));
  else handle(incoming, outgoing);
});
server.attach(port);
process.stdout.write(`Agent server   ${address}\n`);
