/**
 * A node of the chaos suite, as a process: the server with one more tool, which notes each of its calls in a file before
 * anything else. Prints its address as the command does.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createServer } from "../../../src/server/create-server.ts";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";

const { STORE = "", PORT = "", STARTS = "", OH_SECRET_KEY = "" } = process.env;

/** Takes a moment, so that it can be cut. */
const note = defineTool({
  name: "note",
  description: "Notes a word.",
  input: z.object({ word: z.string() }),
  resources: () => [],
  run: async ({ word }, { conversationId, toolCallId, signal }) => {
    // One write of a short line: lines of several processes do not mix.
    appendFileSync(
      STARTS,
      `${JSON.stringify({ conversation: conversationId, toolCallId, at: Date.now() })}\n`,
    );
    await sleep(30, undefined, { signal });
    return `noted ${word}`;
  },
});

const server = createServer({
  store: postgresStore({ connectionString: STORE }),
  cluster: { address: `http://127.0.0.1:${PORT}`, placement: "shared" },
  secretKey: OH_SECRET_KEY,
  keyless: "loopback",
  maxConcurrentRuns: 200,
  tools: [note],
});
const { url } = await server.listen(Number(PORT), "127.0.0.1");
process.stdout.write(`Agent server   ${url}\n`);
process.once("SIGTERM", () => {
  server.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
