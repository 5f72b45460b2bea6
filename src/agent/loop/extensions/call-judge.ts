import type { ActionEvent, NewEvent } from "../../../wire/events/events.ts";
import { recordsFirst } from "../../../wire/events/hook-records.ts";
import type { LoopChange, LoopExtension, ProposedCall } from "../extension.ts";
import { ask, ExtensionError, type Moment } from "./ask.ts";
import { blocked, mergeChanges } from "./changes.ts";

/** The answers about one call. */
export interface CallVerdict {
  /** Events that stand before the call. */
  records: readonly NewEvent[];
  /** Events that stand behind the calls of the reply. */
  events: readonly NewEvent[];
  /** Reason to refuse the call; undefined when it may run. */
  refusal: string | undefined;
}

/** Asks extensions about calls before they run, about each call once. */
export class CallJudge {
  readonly #list: readonly LoopExtension[];
  /** Ids of the open calls that have passed `beforeTool`. */
  #judged: ReadonlySet<string> = new Set();

  constructor(list: readonly LoopExtension[]) {
    this.#list = list;
  }

  /** Whether any extension is asked about calls. */
  get isNeeded(): boolean {
    return this.#list.some(({ beforeTool }) => beforeTool !== undefined);
  }

  /**
   * Yields a verdict for each call of a reply, in their order, before the calls are stored. The last one before an
   * abort has what was answered by then.
   */
  async *judge(calls: readonly ProposedCall[], moment: Moment): AsyncGenerator<[string, CallVerdict]> {
    this.#judged = new Set(calls.map(({ id }) => id));
    for (const call of calls) {
      yield [call.id, await this.#verdictOn(call, moment)];
      moment.signal.throwIfAborted();
    }
  }

  /** Asks about open calls that were stored before the conversation was loaded, about each once. */
  async judgeStored(actions: readonly ActionEvent[], moment: Moment): Promise<void> {
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
}
