import { z } from "zod";
import { AgentServerError, messageOf } from "../../errors.ts";
import { untilAborted } from "../../waiting.ts";
import type { ChildConversation, StartChildRequest } from "../../wire/conversation.ts";
import { builtInTool, type ToolOutput } from "../define-tool.ts";
import type { Tool } from "../tool.ts";

/** Starts a child of a conversation. */
export type LaunchChild = (parentId: string, child: StartChildRequest) => Promise<ChildConversation>;

export interface StartChildToolOptions {
  launch: LaunchChild;
  /** Milliseconds that a call waits for the child. Default: 5 minutes, because a repository may be fetched first. */
  timeout?: number;
}

const TIMEOUT = 300_000;

const description = `Starts another conversation on this server, with an agent like you and a history of its own, that works on \
a task while you go on.

It has your tools, settings and secrets, and nothing of what was said here. So \`task\` must say all it needs: the goal, the \
files or folders that matter, the limits, and what to hand over.

With \`isolation\` "worktree", it works on a branch of its own in a separate copy of the repository, which begins at the \
repository's default branch: your branch and what you have not committed are not in it. With "shared", it works in your \
folder, beside you. Where the folder is no git repository with a commit, it is shared in any case; the result says which it is.

The result has the id of the conversation; tell it to the user. Each call starts one more conversation: call this once for a \
task, and not again after it has given an id.`;

/** Makes the tool by which an agent starts children of its conversation. */
export function startChildTool({ launch, timeout = TIMEOUT }: StartChildToolOptions): Tool {
  return builtInTool({
    name: "start_child_conversation",
    description,
    input: z.object({
      task: z.string().min(1).describe("Everything the other agent needs to know to do the work."),
      title: z.string().nullable().default(null).describe("A short name for the conversation."),
      isolation: z
        .enum(["worktree", "shared"])
        .default("worktree")
        .describe("Where it works: on a branch in a separate worktree, or in this folder."),
    }),
    params: z.strictObject({}),
    annotations: {
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    },
    wire: {
      tool: "StartChildConversationTool",
      action: "StartChildConversationAction",
      observation: "StartChildConversationObservation",
    },
    async run(child, { conversationId, signal }) {
      const patience = AbortSignal.timeout(timeout);
      try {
        const launching = launch(conversationId, child);
        return started(await untilAborted(launching, AbortSignal.any([signal, patience])));
      } catch (error) {
        signal.throwIfAborted();
        return failed(patience.aborted ? tooLate(timeout) : wordsOf(error));
      }
    },
  });
}

function started(child: ChildConversation): ToolOutput {
  const { conversation_id: id, status } = child;
  const content = `Started the conversation ${id} (status: ${status}).\n${JSON.stringify(child, null, 2)}`;
  return { ...child, content };
}

function failed(content: string): ToolOutput {
  return { content, is_error: true };
}

function tooLate(timeout: number): string {
  return (
    `The conversation has not started within ${timeout / 1000} seconds. It may exist all the same: ask the user before you ` +
    "try again."
  );
}

function wordsOf(error: unknown): string {
  const status = AgentServerError.is(error) ? ` (${error.status})` : "";
  return `The conversation was not started${status}: ${messageOf(error)}`;
}
