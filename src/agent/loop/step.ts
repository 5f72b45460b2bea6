import type { LlmReply, ToolSchema } from "../../llm/llm.ts";
import type { LlmErrorName } from "../../llm/llm-error.ts";
import { untilAborted } from "../../waiting.ts";
import type { ActionEvent, Event, NewEvent } from "../../wire/events/events.ts";
import { textOf } from "../../wire/events/message.ts";
import { eventsOfCalls } from "../calls/tool-calls.ts";
import { messageOfEvent } from "../view/event-message.ts";
import type { Condenser } from "./condenser.ts";
import { needsConfirmation } from "./confirmation.ts";
import { executeCalls } from "./execute-calls.ts";
import { agentMessage, tellModel } from "./messages.ts";
import type { AgentSession } from "./session.ts";
import { hasUnseenImage, unseenImageMessage } from "./unseen-images.ts";

const EMPTY_REPLY =
  "Your last reply had neither a tool call nor any text. Go on with a tool call, or say in words what you found.";
const BLOCKED_REPLY =
  "Your last reply was held back by the content filter of the model's provider. Go on, in words that avoid what it " +
  "may have taken offence at.";
const SHORTER_REPLY =
  "It was not used. Reply in a shorter way: fewer calls at once, and long texts in several parts.";
/** Times in a row that a model is asked for a shorter reply. */
const MAX_SHORTER_ASKED = 2;

export interface StepOptions {
  signal: AbortSignal;
  condenser: Condenser | null;
  /** Tool schemas, made once for as long as the tools stay the same. */
  schemas(): readonly ToolSchema[];
}

export type StepOutcome =
  | { kind: "continue" }
  | { kind: "waiting" }
  /** `seen`: messages of the user that the model knew of when it ended. */
  | { kind: "finished"; seen: number };

const CONTINUE: StepOutcome = { kind: "continue" };

/** One turn of the loop: runs what was confirmed, or asks the model once and does what it says. */
export async function step(session: AgentSession, options: StepOptions): Promise<StepOutcome> {
  const pending = session.view.pending();
  if (pending.length > 0) return runCalls(session, pending, options.signal);
  if (await takeBlockedMessage(session)) return finished(session);
  if (await condense(session, options)) return CONTINUE;
  if (hasUnseenImage(session)) {
    await session.append([unseenImageMessage(session.state.agent.llm.model)]);
    return finished(session);
  }

  const seen = session.view.userMessageCount;
  const reply = await askModel(session, options);
  if (reply === null) return CONTINUE;
  // Not awaited: appended right before the events of the reply, the usage shares their commit.
  session.recordReply(reply);
  // A reply that arrives together with an interrupt is dropped before any of its calls is in the log.
  options.signal.throwIfAborted();
  return { ...(await act(session, reply, options.signal)), seen };
}

function finished(session: AgentSession): StepOutcome {
  return { kind: "finished", seen: session.view.userMessageCount };
}

async function runCalls(
  session: AgentSession,
  actions: readonly ActionEvent[],
  signal: AbortSignal,
): Promise<StepOutcome> {
  const seen = session.view.userMessageCount;
  return (await executeCalls(session, actions, signal)) ? { kind: "finished", seen } : CONTINUE;
}

/** A hook may have refused the user's last message; the turn ends without the model. */
async function takeBlockedMessage(session: AgentSession): Promise<boolean> {
  const { last_user_message_id: id, blocked_messages } = session.state;
  if (id === null || !Object.hasOwn(blocked_messages, id)) return false;
  const { [id]: _reason, ...left } = blocked_messages;
  await session.update({ blocked_messages: left });
  return true;
}

async function condense(session: AgentSession, { condenser, signal }: StepOptions): Promise<boolean> {
  if (condenser === null) return false;
  const work = condenser.condense(session.view, { llm: session.llm, signal });
  const condensation = await untilAborted(work, signal);
  if (condensation === null) return false;
  await session.append([condensation]);
  return true;
}

/** The reply, or null when there is none but the loop can go on. */
async function askModel(session: AgentSession, options: StepOptions): Promise<LlmReply | null> {
  const { signal } = options;
  try {
    const call = session.llm.complete({
      messages: session.view.messages(),
      tools: options.schemas(),
      signal,
      conversationId: session.state.id,
      ...(session.state.agent.llm.stream ? { onDelta: (delta) => session.publishDelta(delta) } : {}),
    });
    return await untilAborted(call, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    const [written] = await session.append([remedyFor(error, session, options.condenser)]);
    // Clients look for the last words of the user here, also for those put into their mouth.
    if (written?.source === "user") await session.update({ last_user_message_id: written.id });
    return null;
  }
}

/** What to write so that the next step may do better; throws what cannot be helped. */
function remedyFor(error: Error, session: AgentSession, condenser: Condenser | null): NewEvent {
  switch (error.name as LlmErrorName) {
    // Clients know both of these as messages of the user.
    case "FunctionCallValidationError":
      return tellModel("user", error.message);
    case "LLMContentPolicyViolationError":
      return tellModel("user", BLOCKED_REPLY);
    case "LLMReplyTooLargeError":
      if (isAskedInVain(session)) throw error;
      return tellModel("environment", `${error.message} ${SHORTER_REPLY}`);
    case "LLMContextWindowExceedError":
    case "LLMMalformedConversationHistoryError":
      if (condenser?.handlesRequests) return { kind: "CondensationRequest", source: "environment" };
      throw error;
    default:
      throw error;
  }
}

/** Whether all of the last replies were too large: asking for a shorter one does not help. */
function isAskedInVain({ view }: AgentSession): boolean {
  const last = view.recent(MAX_SHORTER_ASKED);
  const isRequest = (event: Event) =>
    event.kind === "MessageEvent" && textOf(messageOfEvent(event).content).endsWith(SHORTER_REPLY);
  return last.length === MAX_SHORTER_ASKED && last.every(isRequest);
}

type Acted = { kind: "continue" | "waiting" | "finished" };

async function act(session: AgentSession, reply: LlmReply, signal: AbortSignal): Promise<Acted> {
  const { message } = reply;
  if (message.tool_calls?.length) return call(session, reply, signal);
  const isBlank = textOf(message.content).trim() === "";
  const nudge = isBlank ? [tellModel("environment", EMPTY_REPLY)] : [];
  await session.append([agentMessage(reply), ...nudge]);
  return { kind: isBlank ? "continue" : "finished" };
}

async function call(session: AgentSession, reply: LlmReply, signal: AbortSignal): Promise<Acted> {
  const { state, view, tools } = session;
  const events = eventsOfCalls({
    reply,
    tools,
    hasAnalyzer: state.security_analyzer !== null,
    responseId: ownResponseId(reply.id, session),
    isKnownCall: (id) => view.hasCall(id),
    newId: () => session.newId(),
  });
  await session.append(events);
  const actions = session.view.pending();
  if (needsConfirmation(actions, state)) return { kind: "waiting" };
  const isFinished = await executeCalls(session, actions, signal);
  return { kind: isFinished ? "finished" : "continue" };
}

/** Calls are grouped by response id, so consecutive replies need different ids. */
function ownResponseId(id: string, session: AgentSession): string {
  return id === "" || id === session.view.lastResponseId ? `${id}${id && "-"}${session.newId()}` : id;
}
