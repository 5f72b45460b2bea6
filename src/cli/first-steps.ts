import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folder of the first conversation. */
const TOUR = join(tmpdir(), "agent-server-tour");

/** A request body that starts a conversation and its first run. */
function firstConversation(workingDir: string): string {
  return JSON.stringify({
    agent: {
      llm: { model: "demo/tour" },
      tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
    },
    workspace: { working_dir: workingDir },
    initial_message: { content: [{ type: "text", text: "Have a look around." }] },
  });
}

/** A checkout has no command `agent-server`. */
const DEMO = import.meta.filename.endsWith(".ts") ? "npm run demo" : "npx agent-server demo";

/** Returns commands to try on the server at `url`, which requires no key. Its agent works in `workingDir`. */
export function firstSteps(url: string, workingDir: string = TOUR): string {
  return [
    "",
    "Start a conversation with the built-in model, which needs no key, then look at what it did:",
    `  curl -s ${url}/api/conversations -H 'Content-Type: application/json' -d '${firstConversation(workingDir)}'`,
    `  curl -s ${url}/api/conversations/search`,
    `The same without a server, printed as it happens:  ${DEMO}`,
    "",
  ].join("\n");
}
