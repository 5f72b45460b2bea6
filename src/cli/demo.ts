import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createServer } from "../server/create-server.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";
import { text } from "../wire/events/message.ts";
import { executionStatus } from "../wire/execution-status.ts";
import { printEvent } from "./print-event.ts";

const TASK = "Have a look around, write a short NOTES.md for the next person, and tell me what you did.";

/** Runs one conversation with the built-in demo model in this process and prints its events as they happen. */
export async function demo(workspace: string | undefined): Promise<void> {
  const workingDir =
    workspace === undefined ? await mkdtemp(join(tmpdir(), "agent-server-demo-")) : resolve(workspace);
  const conversationsPath = await mkdtemp(join(tmpdir(), "agent-server-demo-data-"));
  try {
    await converse(workingDir, conversationsPath);
  } finally {
    await rm(conversationsPath, { recursive: true, force: true });
  }
  process.stdout.write(`\nWritten: ${join(workingDir, "NOTES.md")}\n`);
}

async function converse(workingDir: string, conversationsPath: string): Promise<void> {
  await using server = createServer({
    keyless: "loopback",
    store: memoryStore(),
    conversationsPath,
    logger: "silent",
  });
  process.stdout.write(`The agent works in ${workingDir}\n\n`);
  const { info } = await server.conversations.create({
    agent: {
      llm: { model: "demo/tour" },
      tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
    },
    workspace: { working_dir: workingDir },
    initial_message: { content: [text(TASK)] },
  });
  for await (const event of server.conversations.follow(info.id)) {
    const printed = printEvent(event);
    if (printed !== undefined) process.stdout.write(`${printed}\n`);
    if (hasEnded(event)) break;
  }
}

function hasEnded(event: Event | TransientEvent): boolean {
  if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") return false;
  const status = executionStatus.parse(event.value);
  return status !== "running" && status !== "idle";
}
