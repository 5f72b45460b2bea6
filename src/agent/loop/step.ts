import type { LlmReply, LlmRequest, ToolSchema } from "../../llm/llm.ts";
import { untilAborted } from "../../waiting.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { type Message, text, textOf } from "../../wire/events/message.ts";
import { eventsOfCalls } from "../calls/tool-calls.ts";
import { type ReplySlot, withSlot } from "../reply-slot.ts";
import { needsConfirmation } from "./confirmation/needs-confirmation.ts";
import { analyseRisks } from "./confirmation/risk-analysis.ts";
import { executeCalls } from "./execute-calls.ts";
import type { Extensions } from "./extensions/extensions.ts";
import { agentMessage, tellModel } from "./messages.ts";
import { remedyFor } from "./remedy.ts";
import type { AgentSession } from "./session.ts";
import { storeCalls } from "./store-calls.ts";
import { hasUnseenImage, unseenImageMessage } from "./unseen-images.ts";

const EMPTY_REPLY =
  "Your last reply had neither a tool call nor any text. Go on with a tool call, or say in words what you found.";

/** Ends the prompt then: some models refuse one that ends with their own words, and all are puzzled by it. */
const OVERLOOKED: Message = {
  role: "user",
  content: [
    text(
      "Another message from the user came in while you were writing your last reply; it stands just before that reply. " +
        "Take it up now.",
    ),
  ],
};

export interface StepOptions {
  signal: AbortSignal;
  extensions: Extensions;
  schemas(): readonly ToolSchema[];
  /** Whether the agent ended its last step without a look at a message of the user that stands before it. */
  isOverlooked: boolean;
}

/** The result of a step. `seen` counts the user's messages that were taken into account. */
export type StepOutcome =
  | { kind: "continue" }
  /** The user is asked to confirm. */
  | { kind: "waiting"; seen: number }
  /** An extension has ended the run and written the status. */
  | { kind: "stopped" }
  /** The turn ends without the model. */
  | { kind: "declined"; seen: number }
  /** The agent has no more to do. */
  | { kind: "finished"; seen: number };

type Acted = "continue" | "waiting" | "finished";

interface ReplyOptions extends StepOptions {
  /** Where the reply is shown while it is written. */
  slot: ReplySlot;
}

/** Takes one turn of the loop: runs calls that were confirmed, or calls the model once and carries out its reply. */
export async function step(session: AgentSession, options: StepOptions): Promise<StepOutcome> {
  const { signal, extensions } = options;
  if (session.view.pending().length > 0) {
    const seen = session.view.userMessageCount;
    return { kind: await runOpenCalls(session, options), seen };
  }
  if (await takeBlockedMessage(session)) return declined(session);
  const going = await extensions.beforeModel({ session, signal });
  if (going === "stopped") return { kind: "stopped" };
  if (going === "again") return { kind: "continue" };
  if (session.state.execution_status === "paused") return { kind: "continue" };

  const seen = session.view.userMessageCount;
  const messages = await extensions.prompt({ session, signal });
  if (hasUnseenImage(session.llm, messages)) {
    await session.append([unseenImageMessage(session.state.agent.llm.model)]);
    return declined(session);
  }
  const prompt = options.isOverlooked ? [...messages, OVERLOOKED] : messages;
  return withSlot(session, signal, async (slot) => {
    const reply = await askModel(session, prompt, { ...options, slot });
    if (reply === null) return { kind: "continue" };
    // Not awaited: appended right before the events of the reply, the usage shares their commit.
    session.recordReply(reply);
    // A reply that arrives together with an interrupt is dropped before any of its calls is in the log.
    signal.throwIfAborted();
    return { kind: await act(session, reply, { ...options, slot }), seen };
  });
}

function declined(session: AgentSession): StepOutcome {
  return { kind: "declined", seen: session.view.userMessageCount };
}

/** True when an extension has blocked the user's last message. */
async function takeBlockedMessage(session: AgentSession): Promise<boolean> {
  const { last_user_message_id: last, blocked_messages: blocked } = session.state;
  await session.update({ blocked_messages: {} });
  return last !== null && Object.hasOwn(blocked, last);
}

/** Resolves with the reply, or with null when the log now has something that may help the next step. */
async function askModel(
  session: AgentSession,
  messages: LlmRequest["messages"],
  { signal, extensions, schemas, slot }: ReplyOptions,
): Promise<LlmReply | null> {
  try {
    const call = session.llm.complete({
      messages,
      tools: schemas(),
      signal,
      conversationId: session.state.id,
      ...(session.state.agent.llm.stream && shownIn(slot)),
    });
    return await untilAborted(call, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    const { view } = session;
    const remedy = remedyFor(error, { view, canCondense: extensions.handlesCondensation });
    const [written] = await session.append([remedy]);
    // Clients expect the newest message of source user here, also one that the loop has written.
    if (written?.source === "user") await session.update({ last_user_message_id: written.id });
    return null;
  }
}

/** Shows the pieces of a reply as they arrive. */
function shownIn(slot: ReplySlot): Pick<LlmRequest, "onDelta" | "onRestart"> {
  return { onDelta: (delta) => slot.push(delta), onRestart: () => slot.restart() };
}

async function act(session: AgentSession, reply: LlmReply, options: ReplyOptions): Promise<Acted> {
  if (reply.message.tool_calls?.length) return call(session, reply, options);
  const isBlank = textOf(reply.message.content).trim() === "";
  const nudge = isBlank ? [tellModel("environment", EMPTY_REPLY)] : [];
  await session.append(await rated([agentMessage(reply, options.slot.id), ...nudge], session, options));
  return isBlank ? "continue" : "finished";
}

async function call(session: AgentSession, reply: LlmReply, options: ReplyOptions): Promise<Acted> {
  const { state, view, tools } = session;
  const events = eventsOfCalls({
    reply,
    tools,
    hasAnalyzer: state.security_analyzer !== null,
    eventId: options.slot.id,
    responseId: ownResponseId(reply.id, session),
    isKnownCall: (id) => view.hasCall(id),
    newId: () => session.newId(),
  });
  await storeCalls(await rated(events, session, options), { session, ...options });
  return (await mustWait(session, options)) ? "waiting" : runOpenCalls(session, options);
}

/** The events of a reply with the ratings of extensions. Loaded for conversations that have a rater. */
async function rated(
  events: readonly NewEvent[],
  session: AgentSession,
  { extensions, signal }: StepOptions,
): Promise<readonly NewEvent[]> {
  if (!extensions.rates) return events;
  const { ratedEvents } = await import("../critic/rated-events.ts");
  return ratedEvents(events, { session, extensions, signal });
}

/** Rates the open calls, writes the ratings down and tells whether the user has to confirm a call. */
export async function mustWait(
  session: AgentSession,
  { signal }: Pick<StepOptions, "signal">,
): Promise<boolean> {
  const { state, view } = session;
  const host = { ...session.analyzers, view, signal };
  const config = state.security_analyzer;
  const { riskOf, findings } = await analyseRisks(view.pending(), { config, host });
  if (findings !== undefined) {
    const { analyzer, risks, details } = findings;
    const policy = state.confirmation_policy.kind;
    await session.update({}, [
      { kind: "SecurityAnalysisEvent", source: "environment", analyzer, policy, risks, details },
    ]);
  }
  // The policy as it is now: the user may have made it stricter while the analyzer was busy.
  const allowed = view.pending().filter(({ id }) => !Object.hasOwn(state.blocked_actions, id));
  return needsConfirmation(allowed, state.confirmation_policy, riskOf);
}

async function runOpenCalls(session: AgentSession, options: StepOptions): Promise<Acted> {
  return (await executeCalls({ session, ...options })) ? "finished" : "continue";
}

/** Calls are grouped by response id, so consecutive replies need different ids. */
function ownResponseId(id: string, session: AgentSession): string {
  return id === "" || id === session.view.lastResponseId ? `${id}${id && "-"}${session.newId()}` : id;
}
