import { AssertionError } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "../stores/memory.ts";
import type { Store } from "../stores/store.ts";
import type { Event } from "../wire/events/events.ts";
import type { TestChat } from "./chat/chat.ts";
import { toTimeline } from "./chat/timeline.ts";
import { countEffects, type EffectCount } from "./count-effects.ts";
import { firstDifference, show } from "./first-difference.ts";
import { fixedClock } from "./fixed-clock.ts";
import { mortalStore } from "./mortal-store.ts";
import {
  createTestServer,
  type TestConversation,
  type TestServer,
  type TestServerOptions,
} from "./test-server.ts";

/** A conversation to play with and without crashes. */
export interface CrashFlow {
  /**
   * Returns the options of each pass. The model must answer from the prompt alone, as `scriptedLlm(steps, { position:
   * "prompt" })` does, because a restarted server repeats requests that were not stored.
   */
  setup(): TestServerOptions | Promise<TestServerOptions>;
  /**
   * Messages of the user. Each is sent once the agent has finished with the one before. Pending calls are confirmed.
   */
  messages: readonly string[];
  /** Opens an empty store for each pass, which closes it. Default: one in memory. */
  openStore?(): Store | Promise<Store>;
  /** Fields of the conversation. Default: those of `TestServer.start`. */
  conversation?: TestConversation;
  /** Returns a further result that must be the same with and without a crash, such as files in `server.workingDir`. */
  outcome?(server: TestServer): unknown;
}

/** The result of `crashPoints`. */
export interface CrashReport {
  /** Number of commits after which the server was killed. */
  points: number;
}

const ID = "00000000-0000-4000-9000-000000000000";
/** Maximum number of runs for one message. */
const MAX_RUNS = 10;
const MAX_POINTS = 10_000;

/**
 * Plays a conversation without a crash, then once for every commit with the server killed after it and a new server
 * on the same store. Built-in tools, and tools with `readOnlyHint` or `idempotentHint`, may repeat a call.
 *
 * @throws AssertionError with the timeline if a published event is lost, if a call has no answer or two, if the final
 * response or the outcome differs, or if a tool repeats a call.
 *
 * @example
 * ```ts
 * const setup = () => ({ llm: scriptedLlm(steps, { position: "prompt" }), tools: [weather] });
 * await crashPoints({ setup, messages: ["How warm is Oslo?"] });
 * ```
 */
export async function crashPoints(flow: CrashFlow): Promise<CrashReport> {
  const whole = await playWith(flow, Number.POSITIVE_INFINITY);
  for (let point = 1; point < MAX_POINTS; point += 1) {
    const pass = await playWith(flow, point);
    if (!pass.wasKilled) return { points: point - 1 };
    const problem = compare(whole, pass);
    if (problem !== undefined) throw failure(`killed after commit ${point}: ${problem}`, pass.events);
  }
  throw new Error(`the conversation takes more than ${MAX_POINTS} commits`);
}

interface Pass {
  wasKilled: boolean;
  /** Events that were published before the kill. */
  seen: readonly Event[];
  events: readonly Event[];
  lastWords: string;
  outcome: unknown;
  effects: EffectCount["counts"];
}

async function playWith(flow: CrashFlow, lifetime: number): Promise<Pass> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  const disk = (await flow.openStore?.()) ?? memoryStore();
  try {
    const setup = await flow.setup();
    const effects = countEffects(setup.tools ?? []);
    const options: TestServerOptions = {
      conversationsPath: join(folder, "conversations"),
      workingDir: join(folder, "project"),
      clock: fixedClock(),
      ...setup,
      tools: effects.tools,
    };
    const seen = await firstLife(flow, { options, disk, lifetime });
    const end = await lastLife(flow, { options, disk });
    return { ...end, seen: seen ?? [], wasKilled: seen !== undefined, effects: effects.counts };
  } finally {
    await disk.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Life {
  options: TestServerOptions;
  disk: Store;
}

/** Plays until the store dies. Resolves to the events published before that, or to undefined if it survived. */
async function firstLife(
  flow: CrashFlow,
  { options, disk, lifetime }: Life & { lifetime: number },
): Promise<readonly Event[] | undefined> {
  const mortal = mortalStore(disk, lifetime);
  const server = await createTestServer({ ...options, store: mortal.store, leakCheck: false });
  let chat: TestChat | undefined;
  const opened = (open: TestChat) => {
    chat = open;
  };
  const played = play(flow, server, { isStored: false, opened }).catch((error: unknown) => {
    if (!mortal.isDead) throw error;
  });
  try {
    await Promise.race([played, mortal.died]);
  } finally {
    await server.close().catch(() => undefined);
    await played.catch(() => undefined);
  }
  return mortal.isDead ? (chat?.events ?? []) : undefined;
}

async function lastLife(flow: CrashFlow, { options, disk }: Life) {
  const { store } = mortalStore(disk, Number.POSITIVE_INFINITY);
  const [record] = await disk.conversations.find([ID], []);
  const server = await createTestServer({ ...options, store, leakCheck: false });
  try {
    const chat = await play(flow, server, { isStored: record !== undefined });
    return {
      events: [...chat.events],
      lastWords: await server.conversations.agentFinalResponse(ID),
      outcome: await flow.outcome?.(server),
    };
  } finally {
    await server.close();
  }
}

/** Plays the rest of the conversation, from the state it is in. */
async function play(
  { messages, conversation }: CrashFlow,
  server: TestServer,
  { isStored, opened }: { isStored: boolean; opened?: (chat: TestChat) => void },
): Promise<TestChat> {
  const chat = isStored
    ? await server.resume(ID)
    : await server.start(undefined, { ...conversation, conversation_id: ID });
  opened?.(chat);
  await chat.idle();
  const said = chat.events.filter(({ kind, source }) => kind === "MessageEvent" && source === "user").length;
  if (said > 0) await finish(chat);
  for (const message of messages.slice(said)) {
    await chat.send(message);
    await finish(chat);
  }
  return chat;
}

async function finish(chat: TestChat): Promise<void> {
  for (let runs = 0; runs < MAX_RUNS; runs += 1) {
    const status = await chat.idle();
    if (status === "finished" || (status === "error" && hasAnswered(chat.events))) return;
    if (status === "waiting_for_confirmation") await chat.confirm();
    else await chat.run();
  }
  throw failure(`the agent does not finish within ${MAX_RUNS} runs`, chat.events);
}

/** A server killed between the agent's final message and its status has nothing left to do. */
function hasAnswered(events: readonly Event[]): boolean {
  const aside = new Set(["ConversationStateUpdateEvent", "HookExecutionEvent"]);
  const last = events.findLast(({ kind }) => !aside.has(kind));
  if (last?.kind === "MessageEvent") return last.source === "agent";
  return last?.kind === "ObservationEvent" && last.tool_name === "finish";
}

function compare(whole: Pass, pass: Pass): string | undefined {
  return (
    lost(pass) ??
    unanswered(pass.events) ??
    differs("the final response", whole.lastWords, pass.lastWords) ??
    differs("the outcome", whole.outcome, pass.outcome) ??
    doubled(whole, pass)
  );
}

function lost({ seen, events }: Pass): string | undefined {
  const place = seen.findIndex(({ id }, index) => events[index]?.id !== id);
  return place === -1 ? undefined : `event ${place} (${seen[place]?.kind}) was published and is lost`;
}

function unanswered(events: readonly Event[]): string | undefined {
  const answers = new Map<string, number>();
  for (const event of events) {
    if (!("tool_call_id" in event) || event.kind === "ActionEvent") continue;
    answers.set(event.tool_call_id, (answers.get(event.tool_call_id) ?? 0) + 1);
  }
  for (const event of events) {
    if (event.kind !== "ActionEvent") continue;
    const count = answers.get(event.tool_call_id) ?? 0;
    if (count !== 1)
      return `the call of ${event.tool_name} (${event.tool_call_id}) is answered ${count} times`;
  }
  return undefined;
}

function differs(what: string, expected: unknown, actual: unknown): string | undefined {
  const difference = firstDifference(expected, actual);
  if (difference === undefined) return undefined;
  const { path } = difference;
  return `${what}${path && ` at ${path}`}: ${show(difference.actual)}, without the kill ${show(difference.expected)}`;
}

function doubled(whole: Pass, pass: Pass): string | undefined {
  for (const [effect, count] of pass.effects) {
    const usual = whole.effects.get(effect) ?? 0;
    if (count > usual) return `${effect} was called ${count} times, without the kill ${usual}`;
  }
  return undefined;
}

function failure(problem: string, events: readonly Event[]): AssertionError {
  return new AssertionError({
    message: `${problem}\n\n${toTimeline(events)}\n`,
    operator: "crashPoints",
  });
}
