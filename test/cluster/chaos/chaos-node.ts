/**
 * A node of the chaos suite, as a process: the server with one more tool, which notes each of its calls in a file before
 * anything else. Prints its address as the command does.
 */
import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createServer } from "../../../src/server/create-server.ts";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { sandboxWorkspaces } from "../../../src/workspace/remote/sandbox-workspaces.ts";

const { STORE = "", PORT = "", STARTS = "", OH_SECRET_KEY = "", SANDBOX, SANDBOX_KEY } = process.env;

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

const LINE = '{"conversation":"%s","toolCallId":"%s","at":%s}\\n';

/** The same in a sandbox, where the next server finds it. */
const noteThere = defineTool({
  name: "note",
  description: "Notes a word.",
  input: z.object({ word: z.string() }),
  resources: () => [],
  async run({ word }, { conversationId, toolCallId, actionId: callId, workspace, signal }) {
    const script = `printf '${LINE}' "$1" "$2" "$(date +%s%3N)" >>"$0"; sleep 0.03`;
    const noted = [resolve(STARTS), conversationId, toolCallId];
    const { exitCode, stderr } = await workspace.run(["sh", "-c", script, ...noted], { callId, signal });
    if (exitCode !== 0) throw new Error(`not noted: ${stderr}`);
    return `noted ${word}`;
  },
  async resume({ word }, { workspace, actionId, signal }) {
    const ended = await workspace.handover?.run(actionId, { signal });
    return ended?.exitCode === 0 ? `noted ${word}` : undefined;
  },
});

const server = createServer({
  store: postgresStore({ connectionString: STORE }),
  cluster: { address: `http://127.0.0.1:${PORT}`, placement: SANDBOX === undefined ? "shared" : "sandbox" },
  ...(SANDBOX !== undefined && { workspace: sandboxWorkspaces({ address: SANDBOX, apiKey: SANDBOX_KEY }) }),
  secretKey: OH_SECRET_KEY,
  keyless: "loopback",
  maxConcurrentRuns: 200,
  tools: [SANDBOX === undefined ? note : noteThere],
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
