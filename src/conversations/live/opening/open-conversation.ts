import type { ConversationRecord } from "../../../stores/store.ts";
import type { MachineClaim } from "../../../workspace/machine-claim.ts";
import type { LiveContext } from "../conversation-context.ts";
import { LiveConversation } from "../live-conversation.ts";
import { SentMessages } from "../sent-messages.ts";
import { type ConversationClaim, openLog } from "./open-log.ts";
import { openRuns } from "./open-runs.ts";
import { openSession } from "./open-session.ts";
import { openWorkspace } from "./open-workspace.ts";

/** Makes a stored conversation live. Its log is read and its tools are opened when they are first needed. */
export function openConversation(
  record: ConversationRecord,
  context: LiveContext,
  claim: ConversationClaim,
): LiveConversation {
  const { store, drivers, logger, openingGuard } = context;
  const { id } = record;
  const opened = openLog(record, context, claim);
  const claims = (): readonly MachineClaim[] => [
    { conversationId: id, fence: claim.fence },
    ...(drivers.of(id)?.claims() ?? []),
  ];
  const right = { claims, lost: () => live.abandon() };
  const workspace = openWorkspace(record, opened, { context, right });
  const session = openSession({ record, context, claim, opened, workspace, claims });
  const runs = openRuns({ record, context, opened, session, isLeaving: () => live.isLeaving });
  const live: LiveConversation = new LiveConversation({
    ...session,
    ...runs,
    ...{ claim, workspace, logger, openingGuard },
    keeper: opened.keeper,
    sent: new SentMessages(async (eventId) => (await store.events.find(id, [eventId]))[0]),
    launched: opened.config.launched_agent_profile ?? null,
    isSubAgent: record.agentOf !== undefined,
  });
  return live;
}
