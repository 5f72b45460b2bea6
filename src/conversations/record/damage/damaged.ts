import { AgentServerError } from "../../../errors.ts";
import type { ConversationHeader } from "../../../stores/store.ts";
import { readDateTime } from "../../../wire/datetime.ts";
import { executionStatus } from "../../../wire/execution-status.ts";
import { isUuid, toDashed } from "../../../wire/ids.ts";

/** Called with a part of a stored conversation that is damaged, and why. */
export type OnDamaged = (conversationId: string, part: string, error: unknown) => void;

/** The error of whatever needs a part of a conversation that is damaged in the store. */
export function damaged(conversationId: string, part: string, cause?: unknown): AgentServerError {
  return new AgentServerError(
    "damaged",
    `Conversation ${conversationId} is damaged in the store (${part}). Its events can still be read, and it can be deleted.`,
    { cause },
  );
}

export function isDamaged(error: unknown): error is AgentServerError {
  return AgentServerError.is(error) && error.code === "damaged";
}

/** @throws AgentServerError `damaged` when a column of the conversation cannot be what a server wrote. */
export function assertHeader({ id, createdAt, updatedAt, status }: ConversationHeader): void {
  if (!isConversationId(id)) throw damaged(id, "id");
  if (readDateTime(createdAt) === undefined) throw damaged(id, "time of creation");
  if (readDateTime(updatedAt) === undefined) throw damaged(id, "time of the last update");
  if (!executionStatus.safeParse(status).success) throw damaged(id, "status");
}

/** Whether a stored id is in the form in which requests name conversations. */
export function isConversationId(id: string): boolean {
  return isUuid(id) && toDashed(id) === id;
}
