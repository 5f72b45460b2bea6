import { AgentServerError, messageOf } from "../errors.ts";
import type { EventMail } from "../events/mail/event-mail.ts";
import type { Logger } from "../logger.ts";
import type { ConversationInfo } from "../wire/conversation.ts";
import type { ExecutionStatus } from "../wire/execution-status.ts";
import type { ConversationReader } from "./conversation-reader.ts";

/** Receivers elsewhere of what happens in conversations. Conversations do not wait for them. */
export interface ConversationMail {
  /** The mail of one conversation's events. */
  of(conversationId: string): EventMail;
  /** Resolves once it is stored what a conversation has become. */
  announce(info: ConversationInfo): Promise<void>;
  /** A conversation has left memory. */
  left(conversationId: string): void;
}

export interface AnnounceOptions {
  context: { mail?: ConversationMail | undefined; logger: Logger };
  reader: Pick<ConversationReader, "get">;
}

/**
 * Announces what a conversation is now, in the form of the reference: with its skills, without its children. `status`
 * replaces the one that it has. Never rejects, because the change that it is about is made.
 */
export async function announce(
  id: string,
  { context: { mail, logger }, reader }: AnnounceOptions,
  status?: ExecutionStatus,
): Promise<void> {
  if (mail === undefined) return;
  try {
    const info = await reader.get(id, { includeSkills: true });
    const own = { sub_conversation_ids: [], runtime_info: null };
    await mail.announce({ ...info, ...own, ...(status && { execution_status: status }) });
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "not_found") return;
    logger.warn({ conversation_id: id, error: messageOf(error) }, "A change is not announced to webhooks");
  }
}
