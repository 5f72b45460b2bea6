import type { Confirmation } from "../../../agent/loop/confirmation/confirmation.ts";
import type { Extensions } from "../../../agent/loop/extensions/extensions.ts";
import type { AgentSession } from "../../../agent/loop/session.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { NewEvent } from "../../../wire/events/events.ts";
import type { Content } from "../../../wire/events/message.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { admitMessage } from "../user-message.ts";
import type { PromptWriter } from "./prompt-writer.ts";

export interface UserMessageParts {
  session: AgentSession & { readonly confirmation: Confirmation };
  keeper: StateKeeper;
  extensions: Extensions;
  prompt: PromptWriter;
  /** Aborted when the conversation closes. */
  signal: AbortSignal;
}

/**
 * Stores a message of the user, unless an extension throws. A finished or stuck conversation becomes idle. Calls that
 * wait for confirmation are rejected by it.
 */
export async function addUserMessage(
  { id, content }: { id: string; content: Content[] },
  { session, keeper, extensions, prompt, signal }: UserMessageParts,
): Promise<{ isBlocked: boolean }> {
  const { state } = session;
  const verdicts = await extensions.userMessage(content, id, { session, signal });
  await prompt.read();
  const message = admitMessage({ id, content, verdicts });
  await prompt.append((first) => [
    ...(message.isBlocked ? [] : answerWaiting(session.confirmation, keeper)),
    ...(isSettled(state) ? keeper.assign({ execution_status: "idle" }) : []),
    ...first,
    ...message.before,
    ...keeper.assign(message.block(state)),
    ...message.events,
    ...keeper.assign(message.changes(state)),
  ]);
  return message;
}

function answerWaiting(confirmation: Confirmation, keeper: StateKeeper): NewEvent[] {
  const rejections = confirmation.superseded();
  if (rejections.length === 0) return [];
  return [...keeper.assign({ execution_status: "idle", blocked_actions: {} }), ...rejections];
}

function isSettled({ execution_status: status }: Readonly<ConversationState>): boolean {
  return status === "finished" || status === "stuck";
}
