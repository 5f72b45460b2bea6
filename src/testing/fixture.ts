import { z } from "zod";
import { replay } from "../events/replay.ts";
import type { Store } from "../stores/store.ts";
import type { Agent } from "../wire/agent.ts";
import type { ActionEvent, Event } from "../wire/events.ts";
import { confirmationPolicy, securityAnalyzer } from "../wire/policies.ts";
import { messageText, textOf } from "./event-text.ts";
import { failureNamed } from "./fail.ts";
import type { StepJson } from "./llm-script-file.ts";
import { argumentsOf } from "./timeline.ts";

/** What the user did, in order. */
const userAct = z.union([
  z.strictObject({ say: z.string(), run: z.boolean().default(true) }),
  z.strictObject({ run: z.literal(true) }),
  z.strictObject({ confirm: z.literal(true) }),
  z.strictObject({ reject: z.string() }),
]);

/** What must be in the log again. Texts of results are left out: they are what the tools say today. */
const expectedEvent = z.strictObject({
  kind: z.string(),
  tool: z.string().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  text: z.string().optional(),
});

/** A stored conversation as a test can play it again. The working directory is written as `{{working_dir}}`. */
export const fixture = z.strictObject({
  version: z.literal(1),
  tools: z.array(z.strictObject({ name: z.string(), params: z.record(z.string(), z.unknown()) })),
  confirmation_policy: confirmationPolicy,
  security_analyzer: securityAnalyzer.nullable(),
  user: z.array(userAct),
  /** The model's replies, for `parseLlmScript`. */
  steps: z.array(z.unknown()),
  events: z.array(expectedEvent),
});

/** A stored conversation as a test: how it began, what the model said and the events that came of it. */
export type Fixture = z.output<typeof fixture>;
type UserAct = z.output<typeof userAct>;
/** What must be equal of an event when a fixture is played again. */
export type ExpectedEvent = z.output<typeof expectedEvent>;

export const WORKING_DIR = "{{working_dir}}";

/** Makes a fixture of a stored conversation, or undefined when there is none of that id. Secrets are left out. */
export async function toFixture(store: Store, id: string): Promise<Fixture | undefined> {
  const [record] = await store.conversations.find([id], ["config", "shown_agent", "state"]);
  if (record === undefined) return undefined;
  const { config = "{}", shown_agent = "{}", state = "{}" } = record.documents;
  const events: Event[] = [];
  for await (const page of replay(store, id, { untilSeq: record.eventCount - 1 })) {
    for (const text of page) events.push(JSON.parse(text) as Event);
  }
  const { tools } = JSON.parse(shown_agent) as Agent;
  const { confirmation_policy, security_analyzer } = JSON.parse(state);
  const { workspace } = JSON.parse(config) as { workspace: { working_dir: string } };
  const made: Fixture = {
    version: 1,
    tools: tools.map(({ name, params }) => ({ name, params })),
    confirmation_policy,
    security_analyzer,
    user: userActs(events),
    steps: modelSteps(events),
    events: expectedEvents(events),
  };
  return fixture.parse(JSON.parse(withPath(JSON.stringify(made), workspace.working_dir, WORKING_DIR)));
}

/** Exchanges a path inside JSON text. */
export function withPath(json: string, from: string, to: string): string {
  const written = (path: string) => JSON.stringify(path).slice(1, -1);
  return json.replaceAll(written(from), written(to));
}

/** What a test compares of a log. */
export function expectedEvents(events: readonly Event[]): ExpectedEvent[] {
  return events.flatMap((event): ExpectedEvent[] => {
    const { kind } = event;
    switch (kind) {
      case "ConversationStateUpdateEvent":
      case "SystemPromptEvent":
        return [];
      case "MessageEvent":
        return [{ kind, text: messageText(event) }];
      case "ActionEvent":
        return [{ kind, tool: event.tool_name, arguments: argumentsOf(event) }];
      case "ObservationEvent":
      case "AgentErrorEvent":
      case "UserRejectObservation":
        return [{ kind, tool: event.tool_name }];
      default:
        return [{ kind }];
    }
  });
}

/** Events the user caused, read from the statuses between them. */
function userActs(events: readonly Event[]): UserAct[] {
  const own = ownMessages(events);
  const acts: UserAct[] = [];
  let isWaiting = false;
  // Whether a run that begins now needs no further act.
  let isAsked = false;
  for (const event of events) {
    const status = statusOf(event);
    if (own.has(event.id) && event.kind === "MessageEvent") {
      acts.push({ say: messageText(event), run: false });
      isAsked = false;
    } else if (event.kind === "UserRejectObservation" && event.rejection_source !== "hook") {
      if (isWaiting) acts.push({ reject: event.rejection_reason ?? "" });
      isWaiting = false;
      isAsked = false;
    } else if (status === "waiting_for_confirmation") {
      isWaiting = true;
      isAsked = false;
    } else if (status === "running" && !isAsked) {
      const last = acts.at(-1);
      if (isWaiting) acts.push({ confirm: true });
      else if (last !== undefined && "say" in last && !last.run) last.run = true;
      else acts.push({ run: true });
      isWaiting = false;
      isAsked = true;
    } else if (status !== undefined && status !== "idle" && status !== "running") {
      isAsked = false;
    }
  }
  return acts;
}

/** Other parts of the agent speak as the user too; only the user's own messages are named in the state. */
function ownMessages(events: readonly Event[]): Set<unknown> {
  return new Set(
    events.flatMap((event) =>
      event.kind === "ConversationStateUpdateEvent" && event.key === "last_user_message_id"
        ? [event.value]
        : [],
    ),
  );
}

function statusOf(event: Event): unknown {
  return event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status"
    ? event.value
    : undefined;
}

/** The model's replies, one for each response id, and its failures. */
function modelSteps(events: readonly Event[]): StepJson[] {
  const steps: StepJson[] = [];
  const replies = new Map<string, ReplyJson>();
  for (const event of events) {
    if (event.kind === "ActionEvent") {
      let reply = replies.get(event.llm_response_id);
      if (reply === undefined) {
        reply = openingOf(event);
        steps.push(reply);
        replies.set(event.llm_response_id, reply);
      }
      const { id, name, arguments: json } = event.tool_call;
      reply.push({ call: name, arguments: json, id });
    } else if (event.kind === "MessageEvent" && event.source === "agent") {
      const message = event.llm_message as { reasoning_content?: string | null };
      const thought = message.reasoning_content ? [{ think: message.reasoning_content }] : [];
      steps.push([...thought, { say: messageText(event) }]);
    } else if (event.kind === "ConversationErrorEvent") {
      const failure = failureNamed(event.code);
      if (failure !== undefined) steps.push({ fail: failure });
    }
  }
  return steps;
}

type ReplyJson = Extract<StepJson, readonly unknown[]>;

function openingOf({ reasoning_content, thought }: ActionEvent): ReplyJson {
  const said = textOf(thought);
  return [
    ...(reasoning_content ? [{ think: reasoning_content }] : []),
    ...(said === "" ? [] : [{ say: said }]),
  ];
}
