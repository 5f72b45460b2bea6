import { setTimeout as sleep } from "node:timers/promises";
import type { ContentBlock, PromptResponse } from "@agentclientprotocol/sdk";
import { classifiedError } from "../agent/error-classification.ts";
import { answerOpenCalls, callError } from "../agent/loop/call-results.ts";
import { agentSays } from "../agent/loop/messages.ts";
import { fail, interrupt, MaxIterationsReached, type RunOptions } from "../agent/loop/run.ts";
import type { AgentSession } from "../agent/loop/session.ts";
import { type ReplySlot, withSlot } from "../agent/reply-slot.ts";
import type { RunnerHost } from "../agent/runner.ts";
import type { AcpAgent } from "../wire/agent/acp/acp-agent.ts";
import type { MessageEvent, NewEvent } from "../wire/events/events.ts";
import { detailOf, isTransient, promptCodeOf, StartError, startCodeOf } from "./acp-error.ts";
import { type AcpState, readAcpState, withAcpState } from "./agent-state.ts";
import { finishEvents } from "./finish-events.ts";
import type { AcpServerOptions } from "./launch/acp-host.ts";
import { RETRY_DELAYS } from "./limits.ts";
import type { LiveSession, OpenedSession } from "./live-session.ts";
import { ASKED_BEFORE, isGuarded, Permissions } from "./permissions.ts";
import { type AttemptEnd, attempt } from "./prompt-attempt.ts";
import { blocksOf, promptAfter, promptsIn } from "./prompts.ts";
import { providerByName } from "./providers.ts";
import type { AcpSession } from "./session/acp-session.ts";
import { currentOption } from "./session/session-models.ts";
import { Turn } from "./turn/turn.ts";
import { replyOf } from "./turn-use.ts";

export interface AcpRunParts {
  session: AgentSession;
  run: RunOptions;
  live: LiveSession;
  host: RunnerHost;
  options: AcpServerOptions;
}

interface Prompt {
  opened: OpenedSession;
  blocks: ContentBlock[];
  /** Where the answer is shown while it is written. */
  slot: ReplySlot;
}

interface Answered extends Pick<Prompt, "opened" | "slot"> {
  response: PromptResponse;
  /** Moment of the prompt, in milliseconds of the monotonic clock. */
  started: number;
}

/** The failure of a prompt: the log has shown it. */
class PromptFailed extends Error {
  override readonly name = "ACPPromptError";
}

/** One run: the messages that the program has not been sent yet, one after the other. */
export class AcpRun {
  readonly #parts: AcpRunParts;
  readonly #permissions: Permissions;
  /** Aborted when another message is to take the place of the prompt. */
  #superseded = new AbortController();
  #turn: Turn | undefined;
  #isAsking = false;

  constructor(parts: AcpRunParts) {
    this.#parts = parts;
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
    const { acp_inflight_prompt_user_message_id: inflight } = this.#state;
    const { last_user_message_id: last } = this.#parts.session.state;
    if (inflight !== undefined && inflight !== last) this.#superseded.abort();
  }

  /** Answers questions that a program of an earlier run has asked. */
  async answerLeftQuestions(): Promise<void> {
    await answerOpenCalls(this.#parts.session, (action) => callError(action, ASKED_BEFORE));
  }

  /**
   * Works until there is nothing left to send. Status and log show how it has ended. Rejects only when the log cannot
   * be written.
   */
  async work(): Promise<void> {
    const { session, run } = this.#parts;
    await session.update({ execution_status: "running", blocked_messages: {}, ...this.#settled() });
    try {
      await this.#loop();
    } catch (error) {
      if (run.signal.aborted) await this.#interrupted();
      else if (error instanceof StartError) await this.#notStarted(error);
      else if (!(error instanceof PromptFailed)) await fail(session, error);
    }
  }

  async #loop(): Promise<void> {
    const { session, run } = this.#parts;
    const { signal, extensions } = run;
    const { max_iterations: limit } = session.state;
    for (let iteration = 1; ; iteration += 1) {
      signal.throwIfAborted();
      if (this.#isPaused) return;
      const going = await extensions.beforeModel({ session, signal });
      if (going === "stopped") return;
      if (going === "again") continue;
      const event = this.#next();
      if (event !== undefined) await this.#send(event);
      if (this.#isPaused) return;
      if (this.#next() !== undefined) {
        if (iteration < limit) continue;
        return session.update({ execution_status: "idle" });
      }
      if (await extensions.refusesStop({ session, signal })) {
        if (iteration < limit) continue;
        throw new MaxIterationsReached(limit);
      }
      if (await this.#isFinished()) return;
    }
  }

  /** Ends the run, unless a message has come meanwhile. */
  async #isFinished(): Promise<boolean> {
    const { session } = this.#parts;
    if (this.#next() !== undefined) return false;
    await session.update({ execution_status: "finished" });
    if (session.state.execution_status !== "idle" || this.#next() === undefined) return true;
    await session.update({ execution_status: "running" });
    return false;
  }

  /** Sends one message and waits for the end of the turn. */
  async #send(event: MessageEvent): Promise<void> {
    const { session, live, run } = this.#parts;
    const opened = await live.ensure(session, run.signal);
    const { acp, context } = opened;
    await this.#setMode(acp);
    const blocks = blocksOf(event, acp.facts);
    if (context !== undefined) blocks.push({ type: "text", text: context });
    if (blocks.length === 0)
      return session.update({ agent_state: this.#with({ acp_last_prompt_user_message_id: event.id }) });
    await session.update({ agent_state: this.#with({ acp_inflight_prompt_user_message_id: event.id }) });
    this.#superseded = new AbortController();
    await withSlot(session, run.signal, (slot) => this.#prompt(event, { opened, blocks, slot }));
  }

  async #prompt(event: MessageEvent, { opened, blocks, slot }: Prompt): Promise<void> {
    const { live, run } = this.#parts;
    const started = performance.now();
    const end = await this.#attempts(opened.acp, blocks, slot);
    if (end.kind === "answered")
      return this.#answered(event, { opened, response: end.response, started, slot });
    if (!end.isQuiet) await live.close();
    if (end.kind === "stalled") throw await this.#stalled();
    run.signal.throwIfAborted();
    slot.close("cancelled");
    await this.#gaveUp(event);
  }

  /** Sends a prompt, and sends it again after failures that may pass. */
  async #attempts(acp: AcpSession, blocks: ContentBlock[], slot: ReplySlot): Promise<AttemptEnd> {
    const { options, run } = this.#parts;
    const { retryDelays: delays = RETRY_DELAYS } = options;
    const patience = this.#agent.acp_prompt_timeout * 1_000;
    const signal = AbortSignal.any([run.signal, this.#superseded.signal]);
    for (let count = 0; ; count += 1) {
      const turn = this.#beginTurn(acp, slot);
      try {
        const end = await attempt(acp, blocks, { turn, patience, signal, isAsking: () => this.#isAsking });
        await turn.end(end.kind === "answered" ? "completed" : "failed");
        return end;
      } catch (error) {
        await turn.end("failed");
        const delay = delays[count];
        if (signal.aborted) return { kind: "cancelled", isQuiet: acp.isOpen };
        if (delay === undefined || !isTransient(error)) throw await this.#failed(error);
        await sleep(delay, undefined, { signal }).catch(() => {});
        slot.restart();
      } finally {
        this.#endTurn(acp);
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

  #endTurn(acp: AcpSession): void {
    acp.client.answerPermissions(undefined);
  }

  /** The program has changed its mode or its model by itself. */
  #onChange(acp: AcpSession, change: { mode: string } | { configOptions: unknown }): void {
    if ("mode" in change) {
      acp.noteMode(change.mode);
      return;
    }
    const model = currentOption(change.configOptions);
    if (model === undefined) return;
    const agent_state = this.#with({ acp_current_model_id: model });
    // If it is not stored, neither is what follows.
    this.#parts.session.update({ agent_state }).catch(() => {});
  }

  /** A program that asks is put into the mode in which it does, as long as the conversation wants to be asked. */
  async #setMode(acp: AcpSession): Promise<void> {
    const { session, run } = this.#parts;
    const provider = providerByName(acp.facts.agentName);
    const asks = isGuarded({ session, extensions: run.extensions });
    const own = asks ? provider?.askingMode : provider?.freeMode;
    const mode = this.#agent.acp_session_mode || own;
    if (!mode) return;
    try {
      await acp.setMode(mode, run.signal);
    } catch (error) {
      run.signal.throwIfAborted();
      await this.#parts.live.close();
      throw new StartError(startCodeOf(error), detailOf(error), { cause: error });
    }
  }

  async #answered(event: MessageEvent, { opened, response, started, slot }: Answered): Promise<void> {
    const { session, run, host } = this.#parts;
    const { acp, context } = opened;
    const { answer, use } = this.#turn ?? {};
    if (answer === undefined || use === undefined) throw new Error("A turn has no answer");
    const reply = await replyOf({
      agent: this.#agent,
      acp,
      response,
      use,
      seconds: (performance.now() - started) / 1_000,
    });
    const events = await finishEvents(answer, { session, id: slot.id, run, secrets: host.secrets });
    const changes = {
      acp_inflight_prompt_user_message_id: undefined,
      acp_last_prompt_user_message_id: event.id,
      ...(context !== undefined && { acp_suffix_installed: true }),
    };
    session.recordReply(reply);
    // In one moment, so that they share a commit: a message that was answered is not sent again.
    await Promise.all([session.append(events), session.update({ agent_state: this.#with(changes) })]);
  }

  /** A message has taken the place of the prompt: the program has heard of it, and is not sent it again. */
  async #gaveUp(event: MessageEvent): Promise<void> {
    const { session } = this.#parts;
    const agent_state = this.#with({
      acp_inflight_prompt_user_message_id: undefined,
      acp_last_prompt_user_message_id: event.id,
    });
    await Promise.all([
      session.update({ agent_state }),
      answerOpenCalls(session, (action) => callError(action, ASKED_BEFORE)),
      session.update({ execution_status: "paused" }, [{ kind: "InterruptEvent", source: "user" }]),
      session.update({ execution_status: "running" }),
    ]);
  }

  async #interrupted(): Promise<void> {
    const { session } = this.#parts;
    await session.update({ agent_state: this.#with({ acp_inflight_prompt_user_message_id: undefined }) });
    await interrupt(session);
  }

  async #notStarted(error: StartError): Promise<void> {
    const { session } = this.#parts;
    await session.update({ execution_status: "error" }, [
      classifiedError("agent", error.code, await this.#masked(error.message)),
    ]);
  }

  async #stalled(): Promise<PromptFailed> {
    const seconds = Math.round(this.#agent.acp_prompt_timeout);
    const words =
      `ACP prompt timed out after ${seconds}s with no activity from the agent. It may have stalled, or its answer may ` +
      "have been lost.";
    return this.#end([agentSays(words)]);
  }

  async #failed(error: unknown): Promise<PromptFailed> {
    const detail = await this.#masked(detailOf(error));
    return this.#end([
      agentSays(`ACP error: ${detail}`),
      classifiedError("agent", promptCodeOf(error), detail),
    ]);
  }

  /** Shows why the run has ended. The message is sent again by the next one. */
  async #end(events: NewEvent[]): Promise<PromptFailed> {
    const { session } = this.#parts;
    const agent_state = this.#with({ acp_inflight_prompt_user_message_id: undefined });
    await Promise.all([
      session.append(events),
      answerOpenCalls(session, (action) => callError(action, ASKED_BEFORE), { execution_status: "error" }),
      session.update({ agent_state }),
    ]);
    return new PromptFailed("A prompt has failed");
  }

  async #masked(words: string): Promise<string> {
    return (await this.#parts.host.secrets.mask()).maskLong(words);
  }

  /** The message that the program is sent next; undefined when it has been sent all. */
  #next(): MessageEvent | undefined {
    const { view } = this.#parts.session;
    return promptAfter(promptsIn(view), this.#state.acp_last_prompt_user_message_id);
  }

  /** A run that has ended well has answered the message that was sent last. */
  #settled(): { agent_state?: Record<string, unknown> } {
    const { execution_status: status } = this.#parts.session.state;
    const { acp_inflight_prompt_user_message_id: inflight } = this.#state;
    if (inflight === undefined || (status !== "finished" && status !== "idle")) return {};
    return {
      agent_state: this.#with({
        acp_inflight_prompt_user_message_id: undefined,
        acp_last_prompt_user_message_id: inflight,
      }),
    };
  }

  get #state(): AcpState {
    return readAcpState(this.#parts.session.state.agent_state);
  }

  #with(changes: Parameters<typeof withAcpState>[1]): Record<string, unknown> {
    return withAcpState(this.#parts.session.state.agent_state, changes);
  }

  get #isPaused(): boolean {
    return this.#parts.session.state.execution_status === "paused";
  }

  get #agent(): AcpAgent {
    return this.#parts.host.state.agent as AcpAgent;
  }
}
