import { setTimeout as sleep } from "node:timers/promises";
import type { ContentBlock } from "@agentclientprotocol/sdk";
import { type ReplySlot, withSlot } from "../../agent/reply-slot.ts";
import type { MessageEvent } from "../../wire/events/events.ts";
import { isTransient } from "../acp-error.ts";
import { RETRY_DELAYS } from "../limits.ts";
import type { OpenedSession } from "../live-session.ts";
import { isGuarded, Permissions } from "../permissions.ts";
import type { AcpSession } from "../session/acp-session.ts";
import { currentOption } from "../session/session-models.ts";
import { Turn } from "../turn/turn.ts";
import { type AttemptEnd, attempt } from "./prompt-attempt.ts";
import type { PromptCursor } from "./prompt-cursor.ts";
import { blocksOf } from "./prompts.ts";
import { type AcpRunParts, agentOf } from "./run-parts.ts";
import type { RunRecord } from "./run-record.ts";

interface Prompt {
  opened: OpenedSession;
  blocks: ContentBlock[];
  /** Where the answer is shown while it is written. */
  slot: ReplySlot;
}

/** Sends messages to the program, one at a time, each in a turn that is shown. */
export class Delivery {
  readonly #parts: AcpRunParts;
  readonly #cursor: PromptCursor;
  readonly #record: RunRecord;
  readonly #permissions: Permissions;
  /** Aborted when another message is to take the place of the prompt. */
  #superseded = new AbortController();
  #turn: Turn | undefined;
  #isAsking = false;

  constructor(parts: AcpRunParts, { cursor, record }: { cursor: PromptCursor; record: RunRecord }) {
    this.#parts = parts;
    this.#cursor = cursor;
    this.#record = record;
    const { session, run, host } = parts;
    this.#permissions = new Permissions({
      ...{ session, secrets: host.secrets, extensions: run.extensions },
      signal: run.signal,
      onWaiting: (isWaiting) => {
        this.#isAsking = isWaiting;
        this.#turn?.touch();
      },
    });
  }

  /** Gives up the prompt that the program works on, if there is one: a message has come that is to take its place. */
  supersede(): void {
    const { inflight } = this.#cursor;
    const { last_user_message_id: last } = this.#parts.session.state;
    if (inflight !== undefined && inflight !== last) this.#superseded.abort();
  }

  /** Sends one message and waits for the end of the turn. Rejects with `PromptFailed` for one that has failed. */
  async send(event: MessageEvent): Promise<void> {
    const { session, live, run } = this.#parts;
    const { signal, extensions } = run;
    const opened = await live.ensure(session, { signal, isGuarded: isGuarded({ session, extensions }) });
    const { acp, context } = opened;
    const blocks = blocksOf(event, acp.facts);
    if (context !== undefined) blocks.push({ type: "text", text: context });
    if (blocks.length === 0)
      return session.update({
        agent_state: this.#cursor.with({ acp_last_prompt_user_message_id: event.id }),
      });
    await session.update({ agent_state: this.#cursor.sent(event) });
    this.#superseded = new AbortController();
    await withSlot(session, signal, (slot) => this.#prompt(event, { opened, blocks, slot }));
  }

  async #prompt(event: MessageEvent, { opened, blocks, slot }: Prompt): Promise<void> {
    const { live, run } = this.#parts;
    const started = performance.now();
    const { end, turn } = await this.#attempts(opened.acp, blocks, slot);
    if (end.kind === "answered") {
      const seconds = (performance.now() - started) / 1_000;
      return this.#record.answered(event, { opened, response: end.response, turn, slot, seconds });
    }
    if (!end.isQuiet) await live.close();
    if (end.kind === "stalled") throw await this.#record.stalled();
    run.signal.throwIfAborted();
    slot.close("cancelled");
    await this.#record.superseded(event);
  }

  /** Sends a prompt, and sends it again after failures that may pass. */
  async #attempts(
    acp: AcpSession,
    blocks: ContentBlock[],
    slot: ReplySlot,
  ): Promise<{ end: AttemptEnd; turn: Turn }> {
    const { options, run } = this.#parts;
    const { retryDelays: delays = RETRY_DELAYS } = options;
    const patience = agentOf(this.#parts).acp_prompt_timeout * 1_000;
    const signal = AbortSignal.any([run.signal, this.#superseded.signal]);
    for (let count = 0; ; count += 1) {
      const turn = this.#beginTurn(acp, slot);
      try {
        const end = await attempt(acp, blocks, { turn, patience, signal, isAsking: () => this.#isAsking });
        await turn.end(end.kind === "answered" ? "completed" : "failed");
        return { end, turn };
      } catch (error) {
        await turn.end("failed");
        const delay = delays[count];
        if (signal.aborted) return { end: { kind: "cancelled", isQuiet: acp.isOpen }, turn };
        if (delay === undefined || !isTransient(error)) throw await this.#record.failed(error);
        await sleep(delay, undefined, { signal }).catch(() => {});
        slot.restart();
      } finally {
        acp.client.answerPermissions(undefined);
      }
    }
  }

  #beginTurn(acp: AcpSession, slot: ReplySlot): Turn {
    const { session, host } = this.#parts;
    const turn = new Turn({
      session,
      slot,
      secrets: host.secrets,
      onChange: (change) => this.#onChange(acp, change),
    });
    this.#turn = turn;
    acp.client.follow(acp.facts.sessionId, turn);
    acp.client.answerPermissions((request) => this.#permissions.ask(request));
    return turn;
  }

  /** The program has changed its mode or its model by itself. */
  #onChange(acp: AcpSession, change: { mode: string } | { configOptions: unknown }): void {
    if ("mode" in change) {
      acp.noteMode(change.mode);
      return;
    }
    const model = currentOption(change.configOptions);
    if (model === undefined) return;
    const agent_state = this.#cursor.with({ acp_current_model_id: model });
    // If it is not stored, neither is what follows.
    this.#parts.session.update({ agent_state }).catch(() => {});
  }
}
