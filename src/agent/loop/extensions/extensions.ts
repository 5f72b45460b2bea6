import { messageOf } from "../../../errors.ts";
import type { Logger } from "../../../logger.ts";
import { settledWithin } from "../../../waiting.ts";
import type { ActionEvent, CriticResult } from "../../../wire/events/events.ts";
import { recordsFirst } from "../../../wire/events/hook-records.ts";
import { type Content, type Message, text } from "../../../wire/events/message.ts";
import { errorEvent } from "../../error-classification.ts";
import type {
  LoopChange,
  LoopExtension,
  MessageVerdict,
  ModelVerdict,
  ObservationOfCall,
  ProposedReply,
} from "../extension.ts";
import { tellModel } from "../messages.ts";
import { ask, contextOf, ExtensionError, type Moment, throwRefusal } from "./ask.ts";
import { CallJudge } from "./call-judge.ts";
import { commit, mergeChanges } from "./changes.ts";

/** Milliseconds that a conversation waits for an extension to close, or to take note of a run. */
const SETTLE_WAIT = 10_000;

/** Asks the extensions of one conversation, point by point; `LoopExtension` states the order and the effect of each. */
export class Extensions {
  /** Asks about calls before they run. */
  readonly calls: CallJudge;
  readonly #list: readonly LoopExtension[];
  readonly #logger: Logger;

  constructor(list: readonly LoopExtension[], logger: Logger) {
    this.calls = new CallJudge(list);
    this.#list = list;
    this.#logger = logger;
  }

  get handlesCondensation(): boolean {
    return this.#list.some((extension) => extension.handlesCondensation === true);
  }

  /** Whether any extension rates replies. */
  get rates(): boolean {
    return this.#list.some(({ rate }) => rate !== undefined);
  }

  /** Resolves with the changes to store at the beginning, in order. */
  async start(moment: Moment): Promise<LoopChange[]> {
    const changes: LoopChange[] = [];
    for (const extension of this.#list) {
      const change = await ask(extension, moment, (context) => extension.start?.(context)).catch(
        throwRefusal,
      );
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  /** Tells the extensions that a run begins. Never rejects. */
  beforeRun(moment: Moment): Promise<void> {
    return this.#tell("beforeRun", moment);
  }

  /** Tells the extensions that a run has ended. Never rejects. */
  afterRun(moment: Moment): Promise<void> {
    return this.#tell("afterRun", moment);
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
   * Records an observation with the additions of the extensions: the next model call need not wait for the disk. After
   * an abort no further extension is asked.
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
   * Closes all extensions and waits for them, at most `SETTLE_WAIT`. Failures are logged. Resolves with what they have
   * to store at the end.
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
    })();
    await this.#settled(closing, fields, "An extension did not close cleanly");
    return change;
  }

  /** Tells one extension after the other, whether or not the signal is aborted. */
  async #tell(point: "beforeRun" | "afterRun", { session, signal }: Moment): Promise<void> {
    for (const extension of this.#list) {
      if (extension[point] === undefined) continue;
      const fields = { extension: extension.name, conversation_id: session.state.id };
      const noting = (async () => extension[point]?.(contextOf(session, signal)))();
      await this.#settled(noting, fields, "An extension did not take note of a run");
    }
  }

  /** Waits for work of an extension whose failure changes nothing, at most `SETTLE_WAIT`. */
  async #settled(work: Promise<void>, fields: Record<string, unknown>, failure: string): Promise<void> {
    const settling = work.catch((error: unknown) =>
      this.#logger.warn({ ...fields, error: messageOf(error) }, failure),
    );
    if (!(await settledWithin(settling, SETTLE_WAIT)))
      this.#logger.warn(fields, "An extension is still busy; it is not waited for any longer");
  }
}

/** Words of the error that a verdict ends a run with. */
function reasonOf({ events = [] }: ModelVerdict): string {
  const failure = events.find((event) => event.kind === "ConversationErrorEvent");
  return failure?.detail ?? "The condenser has ended the run";
}
