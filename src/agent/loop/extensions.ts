import { AgentServerError, messageOf } from "../../errors.ts";
import type { Llm } from "../../llm/llm.ts";
import type { Logger } from "../../logger.ts";
import { settledWithin, untilAborted } from "../../waiting.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { ActionEvent, CriticResult, NewEvent } from "../../wire/events/events.ts";
import { recordsFirst } from "../../wire/events/hook-records.ts";
import { type Content, type Message, text } from "../../wire/events/message.ts";
import { errorEvent } from "../error-classification.ts";
import type {
  ExtensionAnswer,
  LoopChange,
  LoopContext,
  LoopExtension,
  MessageVerdict,
  ModelVerdict,
  ObservationOfCall,
  ProposedCall,
  ProposedReply,
} from "./extension.ts";
import { tellModel } from "./messages.ts";
import type { AgentSession } from "./session.ts";

/** Milliseconds that a conversation waits for an extension to close. */
const CLOSE_WAIT = 10_000;

/** An extension that threw. The name is the `code` of the ConversationErrorEvent. */
class ExtensionError extends Error {
  override readonly name = "ExtensionError";
}

/** A conversation at one point of its loop. */
export interface Moment {
  session: AgentSession;
  /** Aborted when nothing waits for the extensions any more. */
  signal: AbortSignal;
}

/** The answers about one call. */
export interface CallVerdict {
  /** Events that stand before the call. */
  records: readonly NewEvent[];
  /** Events that stand behind the calls of the reply. */
  events: readonly NewEvent[];
  /** Reason to refuse the call; undefined when it may run. */
  refusal: string | undefined;
}

/** Asks the extensions of one conversation, point by point; `LoopExtension` states the order and the effect of each. */
export class Extensions {
  readonly #list: readonly LoopExtension[];
  readonly #logger: Logger;
  /** Ids of the open calls that have passed `beforeTool`. */
  #judged: ReadonlySet<string> = new Set();

  constructor(list: readonly LoopExtension[], logger: Logger) {
    this.#list = list;
    this.#logger = logger;
  }

  get handlesCondensation(): boolean {
    return this.#list.some((extension) => extension.handlesCondensation === true);
  }

  /** Whether any extension is asked about calls. */
  get judgesCalls(): boolean {
    return this.#list.some(({ beforeTool }) => beforeTool !== undefined);
  }

  /** Whether any extension rates replies. */
  get rates(): boolean {
    return this.#list.some(({ rate }) => rate !== undefined);
  }

  /** Resolves with the changes to store at the beginning, in order. */
  async start(moment: Moment): Promise<LoopChange[]> {
    const changes: LoopChange[] = [];
    for (const extension of this.#list) {
      const change = await ask(extension, moment, (context) => extension.start?.(context));
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Resolves with the verdicts on a message of the user, up to the first that blocks the message. */
  async userMessage(content: readonly Content[], id: string, moment: Moment): Promise<MessageVerdict[]> {
    const verdicts: MessageVerdict[] = [];
    for (const extension of this.#list) {
      const verdict = await ask(extension, moment, (context) =>
        extension.userMessage?.(content, context, id),
      ).catch(throwRefusal);
      if (verdict !== undefined) verdicts.push(verdict);
      if (verdict?.block !== undefined) break;
    }
    return verdicts;
  }

  /** Resolves with how to go on. When an extension has stopped the run, the status says how. */
  async beforeModel(moment: Moment): Promise<"ask" | "again" | "stopped"> {
    for (const extension of this.#list) {
      const verdict = await ask(extension, moment, (context) => extension.beforeModel?.(context));
      const { stop, again } = verdict ?? {};
      await commit(moment, [verdict], stop === undefined ? {} : { execution_status: stop });
      if (stop !== undefined) return "stopped";
      if (again) return "again";
    }
    return "ask";
  }

  /** Answers an open CondensationRequest without a run, so that the status stays. Rejects when that is not possible. */
  async condense(moment: Moment): Promise<void> {
    for (const extension of this.#list.filter(({ handlesCondensation }) => handlesCondensation)) {
      const verdict = await ask(extension, moment, (context) => extension.beforeModel?.(context));
      if (verdict?.stop !== undefined) throw new Error(reasonOf(verdict));
      await commit(moment, [verdict]);
      if (!moment.session.view.condensationRequested) return;
    }
    throw new Error("The condenser has left the prompt as it is");
  }

  /** Resolves with the messages to send to the model. */
  async prompt(moment: Moment): Promise<readonly Message[]> {
    let messages = moment.session.view.messages();
    for (const extension of this.#list) {
      const current = messages;
      messages = (await ask(extension, moment, (context) => extension.prompt?.(current, context))) ?? current;
    }
    return messages;
  }

  /** Resolves with the rating of a call or message; undefined without one. */
  async rate(reply: ProposedReply, moment: Moment): Promise<CriticResult | undefined> {
    for (const extension of this.#list) {
      try {
        const result = await ask(extension, moment, (context) => extension.rate?.(reply, context));
        if (result !== undefined) return result;
      } catch (error) {
        if (!(error instanceof ExtensionError)) throw error;
        const fields = { conversation_id: moment.session.state.id, error: error.message };
        this.#logger.error(fields, "A reply is not rated");
      }
    }
    return undefined;
  }

  /**
   * Yields a verdict for each call of a reply, in their order, before the calls are stored. The last one before an abort
   * has what was answered by then.
   */
  async *judge(calls: readonly ProposedCall[], moment: Moment): AsyncGenerator<[string, CallVerdict]> {
    this.#judged = new Set(calls.map(({ id }) => id));
    for (const call of calls) {
      yield [call.id, await this.#verdictOn(call, moment)];
      moment.signal.throwIfAborted();
    }
  }

  /** Asks about open calls that were stored before the conversation was loaded, about each once. */
  async beforeTools(actions: readonly ActionEvent[], moment: Moment): Promise<void> {
    for (const action of actions) {
      if (this.#judged.has(action.id)) continue;
      const { records, events, refusal } = await this.#verdictOn(action, moment);
      const refused = refusal === undefined ? {} : blocked(moment.session.state, action.id, refusal);
      await moment.session.update(refused, [...records, ...events]);
      moment.signal.throwIfAborted();
    }
    this.#judged = new Set(actions.map(({ id }) => id));
  }

  /** After an abort no further extension is asked. */
  async #verdictOn(call: ProposedCall, moment: Moment): Promise<CallVerdict> {
    const changes: LoopChange[] = [];
    let refusal: string | undefined;
    for (const extension of this.#list) {
      try {
        const verdict = await ask(extension, moment, (context) => extension.beforeTool?.(call, context));
        if (verdict === undefined) continue;
        changes.push(verdict);
        if (verdict.state !== undefined) await moment.session.update(verdict.state);
        refusal = verdict.refuse;
      } catch (error) {
        if (moment.signal.aborted) break;
        if (!(error instanceof ExtensionError)) throw error;
        refusal = error.message;
      }
      if (refusal !== undefined) break;
    }
    return { ...recordsFirst(mergeChanges(changes).events), refusal };
  }

  /**
   * Records an observation with the additions of the extensions: the next model call need not wait for the disk. After an
   * abort no further extension is asked.
   */
  async afterTool(action: ActionEvent, observation: ObservationOfCall, moment: Moment): Promise<void> {
    let result = observation;
    const changes: LoopChange[] = [];
    for (const extension of this.#list) {
      const call = { action, result };
      try {
        const addition = await ask(extension, moment, (context) => extension.afterTool?.(call, context));
        const texts = addition?.extendedContent?.map(text) ?? [];
        result = { ...result, extended_content: [...(result.extended_content ?? []), ...texts] };
        if (addition !== undefined) changes.push(addition);
      } catch (error) {
        if (!(error instanceof ExtensionError)) break;
        changes.push({ events: [errorEvent(error)] });
      }
    }
    const { state, events: added } = mergeChanges(changes);
    const { records, events } = recordsFirst(added);
    await moment.session.updateAhead(state, [...records, result, ...events]);
  }

  /** True when the agent has to go on; the log says why by then. */
  async refusesStop(moment: Moment): Promise<boolean> {
    for (const extension of this.#list) {
      const verdict = await ask(extension, moment, (context) => extension.stop?.(context));
      const { goOn, source = "environment" } = verdict ?? {};
      if (goOn === undefined) {
        await commit(moment, [verdict]);
        continue;
      }
      const message = { ...tellModel(source, goOn), id: moment.session.newId() };
      const spoken = source === "user" ? { last_user_message_id: message.id } : {};
      // Both in one moment, so that they share a commit: a message stands before the update that names it.
      await Promise.all([commit(moment, [verdict, { events: [message] }]), moment.session.update(spoken)]);
      return true;
    }
    return false;
  }

  /**
   * Closes all extensions and waits for them, at most `CLOSE_WAIT`. Failures are logged. Resolves with what they have to
   * store at the end.
   */
  async close(conversationId: string): Promise<LoopChange[]> {
    const changes = this.#list.map((extension) => this.#closeOne(extension, conversationId));
    return (await Promise.all(changes)).filter((change) => change !== undefined);
  }

  async #closeOne(extension: LoopExtension, conversationId: string): Promise<LoopChange | undefined> {
    const fields = { extension: extension.name, conversation_id: conversationId };
    let change: LoopChange | undefined;
    const closing = (async () => {
      change = (await extension.close?.(conversationId)) ?? undefined;
    })().catch((error: unknown) =>
      this.#logger.warn({ ...fields, error: messageOf(error) }, "An extension did not close cleanly"),
    );
    if (!(await settledWithin(closing, CLOSE_WAIT)))
      this.#logger.warn(fields, "An extension is still closing; it is not waited for any longer");
    return change;
  }
}

/** Words of the error that a verdict ends a run with. */
function reasonOf({ events = [] }: ModelVerdict): string {
  const failure = events.find((event) => event.kind === "ConversationErrorEvent");
  return failure?.detail ?? "The condenser has ended the run";
}

/** Asks one extension at one point. A throw becomes an ExtensionError, an abort rejects with the signal's reason. */
async function ask<T>(
  extension: LoopExtension,
  { session, signal }: Moment,
  question: (context: LoopContext) => ExtensionAnswer<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  try {
    const answer = (async () => question(contextOf(session, signal)))();
    return await untilAborted(answer, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(extension, error);
  }
}

/** Throws an AgentServerError of an extension as it is, so that the sender of the message gets its status. */
function throwRefusal(error: unknown): never {
  const cause = error instanceof ExtensionError ? error.cause : undefined;
  throw AgentServerError.is(cause) ? cause : error;
}

function failureOf({ name }: LoopExtension, cause: unknown): ExtensionError {
  return new ExtensionError(`Extension '${name}' failed: ${messageOf(cause)}`, { cause });
}

function contextOf(session: AgentSession, signal: AbortSignal): LoopContext {
  const { state, view, tools } = session;
  return { state, view, tools, signal, llm: counted(session) };
}

/** The model of the agent with its usage recorded. It is looked up at the call: some conversations have none. */
function counted(session: AgentSession): Llm {
  return {
    get vision() {
      return session.llm.vision;
    },
    async complete(request) {
      const reply = await session.llm.complete(request);
      session.recordReply(reply);
      return reply;
    },
  };
}

/** Stores answers in one commit, with the keys of the state that the loop changes for them. */
async function commit(
  { session }: Moment,
  answers: readonly (LoopChange | undefined)[],
  own: Partial<Pick<ConversationState, "execution_status" | "last_user_message_id">> = {},
): Promise<void> {
  const changes = answers.filter((answer) => answer !== undefined);
  if (changes.length === 0) return;
  const { state, events } = mergeChanges(changes);
  await session.update({ ...state, ...own }, events);
}

/** Joins changes into one: all events in order, and of each key of the state the last value. */
export function mergeChanges(changes: readonly LoopChange[]): Required<LoopChange> {
  return {
    state: Object.assign({}, ...changes.map(({ state }) => state)),
    events: changes.flatMap(({ events = [] }) => events),
  };
}

/** The change of the state that makes a call be refused when its turn comes. */
export function blocked(
  { blocked_actions: others }: Readonly<ConversationState>,
  id: string,
  reason: string,
): Pick<ConversationState, "blocked_actions"> {
  return { blocked_actions: { ...others, [id]: reason } };
}
