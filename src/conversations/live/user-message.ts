import type { MessageVerdict } from "../../agent/loop/extension.ts";
import { mergeChanges } from "../../agent/loop/extensions/changes.ts";
import { AgentServerError } from "../../errors.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { type Content, type SendMessageRequest, text } from "../../wire/events/message.ts";

/** Throws `unprocessable` for any role but user. */
export function checkRole({ role }: Pick<SendMessageRequest, "role">): void {
  if (role === "user") return;
  throw new AgentServerError("unprocessable", "Only user messages are allowed to be sent to the agent.");
}

/** A message of the user as it is stored. */
export interface AdmittedMessage {
  /** Events of extensions that stand before the message. */
  before: readonly NewEvent[];
  /** The message, and its removal from the prompt if it is blocked. */
  events: NewEvent[];
  isBlocked: boolean;
  /** The keys of the state that block the message, in the same commit. */
  block(state: ConversationState): Partial<ConversationState>;
  /** The keys of the state that change in the same commit. */
  changes(state: ConversationState): Partial<ConversationState>;
}

export interface MessageToAdmit {
  id: string;
  content: Content[];
  verdicts: readonly MessageVerdict[];
}

/**
 * Applies the verdicts of extensions to a message. A blocked message is stored, for the user, and forgotten in the same
 * commit, so that no prompt has it; `blocked_messages` makes the next run end its turn.
 */
export function admitMessage({ id, content, verdicts }: MessageToAdmit): AdmittedMessage {
  const reason = verdicts.find(({ block }) => block !== undefined)?.block;
  const skills = verdicts.flatMap(({ activatedSkills = [] }) => activatedSkills);
  const additions = verdicts.flatMap(({ extendedContent = [] }) => extendedContent);
  const message: NewEvent = {
    kind: "MessageEvent",
    id,
    source: "user",
    llm_message: { role: "user", content, thinking_blocks: [] },
    activated_skills: skills,
    extended_content: additions.map(text),
  };
  const isBlocked = reason !== undefined;
  const { state: assigned, events } = mergeChanges(verdicts);
  return {
    before: events,
    events: [message, ...(isBlocked ? [forget(id)] : [])],
    isBlocked,
    block: (state) => (isBlocked ? { blocked_messages: { ...state.blocked_messages, [id]: reason } } : {}),
    changes: (state) => ({
      last_user_message_id: id,
      ...assigned,
      ...(skills.length > 0 && {
        activated_knowledge_skills: union(state.activated_knowledge_skills, skills),
      }),
    }),
  };
}

function forget(id: string): NewEvent {
  return {
    kind: "Condensation",
    source: "environment",
    forgotten_event_ids: [id],
    llm_response_id: "",
  };
}

function union(known: readonly string[], added: readonly string[]): string[] {
  return [...new Set([...known, ...added])];
}
