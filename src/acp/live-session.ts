import type { AgentSession } from "../agent/loop/session.ts";
import type { RunnerHost } from "../agent/runner.ts";
import { acpContext } from "../agent/system-prompt/acp-context.ts";
import { AgentServerError } from "../errors.ts";
import { untilAborted } from "../waiting.ts";
import type { AcpAgent } from "../wire/agent/acp/acp-agent.ts";
import type { NewEvent } from "../wire/events/events.ts";
import { text } from "../wire/events/message.ts";
import { detailOf, StartError, startCodeOf } from "./acp-error.ts";
import { type AcpState, readAcpState, withAcpState } from "./agent-state.ts";
import { SideAnswer } from "./client/side-answer.ts";
import type { AcpServerOptions } from "./launch/acp-host.ts";
import { activeFileSecrets } from "./launch/active-file-secrets.ts";
import type { FindLogin } from "./launch/logins/shared-login.ts";
import { providerByName, providerOf } from "./providers.ts";
import { replyOf } from "./run/turn-use.ts";
import type { AcpSession, SessionFacts } from "./session/acp-session.ts";
import { openSession } from "./session/open-session.ts";
import { modeFor } from "./session/session-modes.ts";
import type { EarlierSession } from "./session/session-start.ts";

/** Shown in place of a system prompt. */
const PLACEHOLDER =
  "Another program does the work of this conversation. It has a system prompt and tools of its own, which it does not show.";

/** A session that is open, with the text that it needs first. */
export interface OpenedSession {
  acp: AcpSession;
  /** Text for the next message; undefined when the program has it, or there is none. */
  context: string | undefined;
}

export interface EnsureOptions {
  /** Aborted when nothing waits for the session any more. */
  signal: AbortSignal;
  /** Whether the conversation wants to be asked before its agent does something. */
  isGuarded: boolean;
}

type Sources = Readonly<Record<string, unknown>>;

/** The session of a conversation with its program, kept between runs and made again when it is lost. */
export class LiveSession {
  readonly #host: RunnerHost;
  readonly #options: AcpServerOptions;
  #session: AcpSession | null = null;
  /** The secrets that the program was started with. */
  #sources: Sources = {};
  #context: string | undefined;

  constructor(host: RunnerHost, options: AcpServerOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** The session if the program is there; null otherwise. */
  get open(): AcpSession | null {
    return this.#session?.isOpen ? this.#session : null;
  }

  /**
   * Gives the session of the conversation, in its mode, and begins or takes it up again where that is needed. The log
   * shows what the program says about itself. Rejects as `openSession`.
   */
  async ensure(session: AgentSession, options: EnsureOptions): Promise<OpenedSession> {
    if (this.open !== null && (await this.#needsRestart(this.open))) await this.close();
    const { open } = this;
    if (open !== null) await this.#enterMode(open, options);
    const acp = open ?? (await this.#begin(session, options));
    const { acp_suffix_installed: isTold } = readAcpState(session.state.agent_state);
    return { acp, context: isTold ? undefined : this.#context };
  }

  /** Asks a copy of the session, which the conversation knows nothing of but for what it has used. */
  async ask(question: string, signal: AbortSignal): Promise<string> {
    const acp = this.open;
    if (acp === null) {
      const why =
        "The program of the agent has not been started yet: it answers questions from its first run on";
      throw new AgentServerError("internal", why);
    }
    const forked = await acp.fork(signal);
    const answer = new SideAnswer();
    const unfollow = acp.client.follow(forked, answer);
    const started = performance.now();
    try {
      const turn = acp.prompt([{ type: "text", text: question }], forked);
      const response = await untilAborted(turn, signal);
      const seconds = (performance.now() - started) / 1_000;
      const { use } = answer;
      const reply = await replyOf({ agent: this.#agent, sessionId: forked, response, use, seconds });
      await this.#host.recordAside(reply);
      return answer.text;
    } finally {
      unfollow();
    }
  }

  /** Ends the program. The next run takes its session up again. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  async #begin(session: AgentSession, options: EnsureOptions): Promise<AcpSession> {
    await this.close();
    const agent = this.#agent;
    const sources = session.state.secret_registry.secret_sources;
    this.#sources = sources;
    const acp = await openSession(
      {
        ...this.#options,
        ...this.#host,
        agent,
        secretNames: Object.keys(sources),
        findLogin: this.#findLogin(agent),
      },
      { signal: options.signal, earlier: this.#earlierSession(session), now: this.#host.now() },
    );
    this.#session = acp;
    await this.#enterMode(acp, options);
    const inFiles = new Set(activeFileSecrets(agent, providerOf(agent)).map(({ secret_name: name }) => name));
    const secrets = Object.entries(sources)
      .filter(([name]) => !inFiles.has(name))
      .map(([name, { description }]) => ({ name, description }));
    const memory = await this.#host.memory();
    this.#context = acpContext({ agent, secrets, now: this.#host.now(), memory });
    await this.#record(session, acp);
    return acp;
  }

  /**
   * A program that asks is put into the mode in which it does, as long as the conversation wants to be asked. One that
   * is not in its mode does no work.
   */
  async #enterMode(acp: AcpSession, { signal, isGuarded }: EnsureOptions): Promise<void> {
    const mode = modeFor(acp.facts, { named: this.#agent.acp_session_mode, isGuarded });
    if (mode === undefined) return;
    try {
      await acp.setMode(mode, signal);
    } catch (error) {
      await this.close();
      signal.throwIfAborted();
      throw new StartError(startCodeOf(error), detailOf(error), { cause: error });
    }
  }

  async #needsRestart(acp: AcpSession): Promise<boolean> {
    return this.#hasOtherSecrets(acp) || acp.needsOtherLogin(this.#findLogin(this.#agent));
  }

  /** A login that was bound once may not be replaced by one that happens to be there, for example after a restart. */
  #findLogin(agent: AcpAgent): FindLogin {
    const { logins } = this.#options;
    const { conversationId } = this.#host;
    const find = logins?.({ conversationId, provider: providerOf(agent) });
    const { acp_bound_logins: bound = [] } = readAcpState(this.#host.state.agent_state);
    return async (name) => {
      const login = this.#host.allowsSecret(name) ? await find?.(name) : undefined;
      if (bound.includes(name) && !login?.isBound)
        throw new StartError("ACPAuthRequired", "credential_binding_activation_required");
      return login;
    };
  }

  async #record(session: AgentSession, acp: AcpSession): Promise<void> {
    const { facts } = acp;
    const changes = stateOf(facts, this.#agent);
    const { boundLogins: bound } = acp;
    const agent_state = withAcpState(session.state.agent_state, {
      ...changes,
      ...(bound.length > 0 && { acp_bound_logins: bound }),
    });
    const hasPrompt = session.view.events.some(({ kind }) => kind === "SystemPromptEvent");
    await Promise.all([
      session.update({ agent_state }),
      hasPrompt ? undefined : session.append([placeholder(this.#context)]),
    ]);
    const { logger, conversationId } = this.#host;
    for (const problem of facts.problems) logger.warn({ conversation_id: conversationId }, problem);
  }

  /**
   * A program sees secrets that are set later only when it is started again. One that would forget all stays as it is.
   */
  #hasOtherSecrets({ facts }: AcpSession): boolean {
    const sources: Sources = this.#host.state.secret_registry.secret_sources;
    const changed = Object.keys(sources).filter((name) => sources[name] !== this.#sources[name]);
    const inFiles = new Set(
      activeFileSecrets(this.#agent, providerOf(this.#agent)).map((spec) => spec.secret_name),
    );
    return changed.some((name) => facts.canLoad || inFiles.has(name));
  }

  /** The session to go on with: the one that the agent names, or the last one, if it belongs to the same folder. */
  #earlierSession({ state }: AgentSession): EarlierSession | undefined {
    const { acp_resume_session_id: named } = this.#agent;
    const known = readAcpState(state.agent_state);
    const isOption = known.acp_model_via_config_option ?? false;
    const isShared = known.acp_session_is_shared ?? false;
    if (named !== null && named !== known.acp_session_id)
      return { sessionId: named, isOption, isShared: false };
    const { acp_session_id: sessionId, acp_session_cwd: cwd } = known;
    const isElsewhere = cwd !== undefined && cwd !== this.#host.workspace.info.workingDir;
    return sessionId === undefined || isElsewhere ? undefined : { sessionId, isOption, isShared };
  }

  get #agent(): AcpAgent {
    const { agent } = this.#host.state;
    if (agent.kind !== "ACPAgent") throw new Error("The agent is none of another program");
    return agent;
  }
}

function stateOf(
  facts: SessionFacts,
  agent: AcpAgent,
): { [Key in keyof AcpState]: AcpState[Key] | undefined } {
  const { models, isResumed } = facts;
  const isRefusedModel = Boolean(agent.acp_model) && !facts.hasRequestedModel;
  const forgetsModel = !isResumed || models.available !== null || isRefusedModel;
  return {
    acp_agent_name: facts.agentName,
    acp_agent_version: facts.agentVersion,
    acp_session_id: facts.sessionId,
    acp_session_cwd: facts.cwd,
    acp_session_is_shared: undefined,
    acp_supports_runtime_model_switch: providerByName(facts.agentName) !== undefined,
    acp_model_via_config_option: models.isOption,
    ...(!isResumed && { acp_suffix_installed: undefined }),
    ...(models.current !== null
      ? { acp_current_model_id: models.current }
      : forgetsModel && { acp_current_model_id: undefined }),
    ...(models.available !== null
      ? { acp_available_models: models.available }
      : !isResumed && { acp_available_models: undefined }),
  };
}

function placeholder(context: string | undefined): NewEvent {
  return {
    kind: "SystemPromptEvent",
    source: "agent",
    system_prompt: text(PLACEHOLDER),
    tools: [],
    dynamic_context: context === undefined ? null : text(context),
  };
}
