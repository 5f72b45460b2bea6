import { tmpdir } from "node:os";
import { join } from "node:path";

/** A request body that starts a conversation and its first run. */
const FIRST_CONVERSATION = JSON.stringify({
  agent: {
    llm: { model: "demo/tour" },
    tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
  },
  workspace: { working_dir: join(tmpdir(), "agent-server-tour") },
  initial_message: { content: [{ type: "text", text: "Have a look around." }] },
});

/** A checkout has no command `agent-server`. */
const DEMO = import.meta.filename.endsWith(".ts") ? "npm run demo" : "npx agent-server demo";

/** Returns commands to try on the server at `url`, which requires no key. */
export function firstSteps(url: string): string {
  return [
    "",
    "Start a conversation with the built-in model, which needs no key, then look at what it did:",
    `  curl -s ${url}/api/conversations -H 'Content-Type: application/json' -d '${FIRST_CONVERSATION}'`,
    `  curl -s ${url}/api/conversations/search`,
    `The same without a server, printed as it happens:  ${DEMO}`,
    "",
  ].join("\n");
}
