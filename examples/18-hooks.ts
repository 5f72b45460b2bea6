// Hooks: a guard against deleting, and a formatter after edits. Run it with:  npm run example examples/18-hooks.ts
import { type AgentServer, createServer, memoryStore } from "agent-server";

/** Exit code 2 refuses the call, with standard error as the reason. The call is on standard input, as JSON. */
const GUARD = `grep -qE '"command":"[^"]*\\brm\\b' || exit 0; echo 'Nothing is deleted here.' >&2; exit 2`;

/** Takes the blanks off the ends of lines, in the file that the agent has written. */
const FORMATTER = `node -e '
  const { tool_input: { path } } = JSON.parse(fs.readFileSync(0, "utf8"));
  fs.writeFileSync(path, fs.readFileSync(path, "utf8").replace(/[ \\t]+$/gm, ""));
'`;

/** Clients send the same with `hook_config` in their start request. */
const HOOKS = {
  pre_tool_use: [{ matcher: "terminal", hooks: [{ command: GUARD, timeout: 10 }] }],
  post_tool_use: [{ matcher: "/file_editor|apply_patch/", hooks: [{ command: FORMATTER, timeout: 10 }] }],
};

/** Runs a task to its end under the hooks. Resolves to a line for each hook that has run. */
export async function runWithHooks(server: AgentServer, task: string, folder: string): Promise<string[]> {
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }, { name: "file_editor" }] },
    workspace: { working_dir: folder },
    hook_config: HOOKS,
    autotitle: false,
    initial_message: { content: [{ type: "text", text: task }] },
  });
  const lines: string[] = [];
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind === "HookExecutionEvent") {
      const outcome = event.blocked ? `refused: ${event.stderr?.trim()}` : event.success ? "ok" : "failed";
      lines.push(`${event.hook_event_type} ${event.tool_name} ${outcome}`);
    }
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
    if (event.value === "finished" || event.value === "error") break;
  }
  return lines;
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  console.log((await runWithHooks(server, "Have a look around.", "/tmp/agent-server-hooks")).join("\n"));
}
