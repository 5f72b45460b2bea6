import type { PromptResponse } from "@agentclientprotocol/sdk";
import { classifiedError } from "../../agent/error-classification.ts";
import { answerOpenCalls, callError } from "../../agent/loop/call-results.ts";
import { agentSays } from "../../agent/loop/messages.ts";
import { interrupt } from "../../agent/loop/run.ts";
import type { ReplySlot } from "../../agent/reply-slot.ts";
import type { MessageEvent, NewEvent } from "../../wire/events/events.ts";
import { detailOf, promptCodeOf, type StartError } from "../acp-error.ts";
import type { OpenedSession } from "../live-session.ts";
import { ASKED_BEFORE } from "../permissions.ts";
import type { Turn } from "../turn/turn.ts";
import { finishEvents } from "./finish-events.ts";
import type { PromptCursor } from "./prompt-cursor.ts";
import { type AcpRunParts, agentOf } from "./run-parts.ts";
import { replyOf } from "./turn-use.ts";

/** The failure of a prompt: the log has shown it. */
export class PromptFailed extends Error {
  override readonly name = "ACPPromptError";
}

/** A turn that the program has ended itself. */
export interface AnsweredTurn {
  opened: OpenedSession;
  response: PromptResponse;
  turn: Turn;
  /** Where the answer was shown while it was written. */
  slot: ReplySlot;
  /** Seconds of the turn and of the attempts before it. */
  seconds: number;
}

/** Shows in the log and in the status how the turns of a run have ended, and the run itself. */
export class RunRecord {
  readonly #parts: AcpRunParts;
  readonly #cursor: PromptCursor;

  constructor(parts: AcpRunParts, cursor: PromptCursor) {
    this.#parts = parts;
    this.#cursor = cursor;
  }

  async answered(
    event: MessageEvent,
    { opened: { acp, context }, response, turn, slot, seconds }: AnsweredTurn,
  ): Promise<void> {
    const { session, run, host } = this.#parts;
    const agent = agentOf(this.#parts);
    await acp.keepLogins();
    const { sessionId } = acp.facts;
    const use = { ...turn.use, cost: acp.costSince(turn.use.cost) };
    const reply = await replyOf({ agent, sessionId, response, use, seconds });
    const events = await finishEvents(turn.answer, { session, id: slot.id, run, secrets: host.secrets });
    session.recordReply(reply);
    // In one moment, so that they share a commit: a message that was answered is not sent again.
    const stored = [
      context !== undefined &&
        session.update({ agent_state: this.#cursor.with({ acp_suffix_installed: true }) }),
      session.append(events),
      session.update({ agent_state: this.#cursor.past(event) }),
    ];
    await Promise.all(stored);
  }

  /** A message has taken the place of the prompt: the program has heard of it, and is not sent it again. */
  async superseded(event: MessageEvent): Promise<void> {
    const { session } = this.#parts;
    await Promise.all([
      session.update({ agent_state: this.#cursor.past(event) }),
      answerOpenCalls(session, (action) => callError(action, ASKED_BEFORE)),
      session.update({ execution_status: "paused" }, [{ kind: "InterruptEvent", source: "user" }]),
      session.update({ execution_status: "running" }),
    ]);
  }

  async interrupted(): Promise<void> {
    const { session } = this.#parts;
    await session.update({ agent_state: this.#cursor.givenUp() });
    await interrupt(session);
  }

  async notStarted(error: StartError): Promise<void> {
    const detail = await this.#masked(error.message);
    await this.#parts.session.update({ execution_status: "error" }, [
      classifiedError("agent", error.code, detail),
    ]);
  }

  /** Resolves to what ends the run. */
  async stalled(): Promise<PromptFailed> {
    const seconds = Math.round(agentOf(this.#parts).acp_prompt_timeout);
    const words =
      `ACP prompt timed out after ${seconds}s with no activity from the agent. It may have stalled, or its answer may ` +
      "have been lost.";
    return this.#end([agentSays(words)]);
  }

  /** Resolves to what ends the run. */
  async failed(error: unknown): Promise<PromptFailed> {
    const detail = await this.#masked(detailOf(error));
    return this.#end([
      agentSays(`ACP error: ${detail}`),
      classifiedError("agent", promptCodeOf(error), detail),
    ]);
  }

  /** Shows why the run has ended. The message is sent again by the next one. */
  async #end(events: NewEvent[]): Promise<PromptFailed> {
    const { session } = this.#parts;
    await Promise.all([
      session.append(events),
      answerOpenCalls(session, (action) => callError(action, ASKED_BEFORE), { execution_status: "error" }),
      session.update({ agent_state: this.#cursor.givenUp() }),
    ]);
    return new PromptFailed("A prompt has failed");
  }

  async #masked(words: string): Promise<string> {
    return (await this.#parts.host.secrets.mask()).maskLong(words);
  }
}
