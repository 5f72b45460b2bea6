import type { ClientContext, InitializeRequest, InitializeResponse } from "@agentclientprotocol/sdk";
import { messageOf } from "../../errors.ts";
import { asObject, isObject } from "../../is-object.ts";
import { untilAborted } from "../../waiting.ts";
import { isRefused, StartError } from "../acp-error.ts";
import type { AcpHost } from "../launch/acp-host.ts";
import { forwardedServers } from "../launch/mcp-servers.ts";
import { AUTHENTICATION_TIMEOUT } from "../limits.ts";
import { providerByName, providerOf } from "../providers.ts";
import { type SessionFacts, setModel } from "./acp-session.ts";
import { chooseSignIn, isSignedIn } from "./authentication.ts";
import type { AcpConnection } from "./connection.ts";
import { readModels } from "./session-models.ts";
import { readModes } from "./session-modes.ts";

const PROTOCOL_VERSION = 1;

/** A session of an earlier process. */
export interface EarlierSession {
  sessionId: string;
  /** Whether its model was an option. */
  isOption: boolean;
  /** Whether another conversation goes on with it, too: a copy of it is taken where the program can make one. */
  isShared: boolean;
}

interface SessionPlace {
  cwd: string;
  mcpServers: ReturnType<typeof forwardedServers>["servers"];
}

type Begun = Pick<SessionFacts, "sessionId" | "models" | "modes" | "isResumed">;

/** The variables of a program that is about to start. */
export interface Launched {
  env: Record<string, string>;
  /** Names of those that lead to files of secrets. */
  fileVariables: string[];
}

/** The requests by which a session begins, one after the other. */
export class SessionStart {
  readonly #host: AcpHost;
  readonly #connection: AcpConnection;
  readonly #signal: AbortSignal;

  constructor(host: AcpHost, connection: AcpConnection, signal: AbortSignal) {
    this.#host = host;
    this.#connection = connection;
    this.#signal = signal;
  }

  async initialize(): Promise<InitializeResponse> {
    const fs = { readTextFile: true, writeTextFile: true };
    const params: InitializeRequest = {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs, terminal: true },
      clientInfo: { name: "agent-server", version: "1" },
    };
    const answer = await this.#wait(this.#agent.request("initialize", params));
    const { protocolVersion: version } = answer;
    if (version !== PROTOCOL_VERSION)
      throw new Error(`The program speaks version ${version} of the protocol, and not ${PROTOCOL_VERSION}`);
    return answer;
  }

  /** Signs in where the program offers a way that needs no user. Without one the session may begin all the same. */
  async signIn(
    { authMethods, agentInfo }: InitializeResponse,
    { env, fileVariables }: Launched,
  ): Promise<void> {
    const { workspace, agent, logger, conversationId } = this.#host;
    if (!authMethods?.length) return;
    const account = { env, home: workspace.info.home, files: workspace.files };
    const named = providerByName(agentInfo?.name ?? "");
    const chosen = await chooseSignIn(authMethods, account, named);
    if (chosen !== undefined) {
      const { methodId, meta } = chosen;
      const limit = AbortSignal.timeout(AUTHENTICATION_TIMEOUT);
      const answer = this.#agent.request("authenticate", { methodId, ...(meta && { _meta: meta }) });
      await untilAborted(this.#wait(answer), limit).catch((error: unknown) => {
        throw limit.aborted ? signInTooLate(methodId) : error;
      });
      return;
    }
    if (await isSignedIn(account, providerOf(agent) ?? named, fileVariables)) return;
    const offered = authMethods.map(({ id }) => id);
    logger.warn(
      { conversation_id: conversationId, offered },
      "The program of an agent offers no way to sign in for which there are credentials; its session may not begin",
    );
  }

  async session(
    answer: InitializeResponse,
    { earlier, now }: { earlier: EarlierSession | undefined; now: number },
  ): Promise<SessionFacts> {
    const { agent, workspace } = this.#host;
    const { name: agentName = "", version: agentVersion = "" } = answer.agentInfo ?? {};
    const capabilities = answer.agentCapabilities;
    const { http = false, sse = false } = capabilities?.mcpCapabilities ?? {};
    const forwarded = forwardedServers(await this.#host.mcpServers(), { http, sse }, now);
    const cwd = workspace.info.workingDir;
    const place = { cwd, mcpServers: forwarded.servers };
    const canFork = isObject(asObject(capabilities?.sessionCapabilities).fork);
    const begun = await this.#loadOrNew(place, { earlier, agentName, canFork });
    const { sessionId, models, modes, isResumed } = begun;
    const hasRequestedModel = await this.#chooseModel({ sessionId, agentName, models });
    return {
      ...{ sessionId, agentName, agentVersion, cwd, models, modes, isResumed, hasRequestedModel },
      canLoad: capabilities?.loadSession === true,
      takesImages: capabilities?.promptCapabilities?.image === true,
      problems: forwarded.problems,
      ...(hasRequestedModel && { models: { ...models, current: agent.acp_model } }),
    };
  }

  async #loadOrNew(
    place: SessionPlace,
    {
      earlier,
      agentName,
      canFork,
    }: { earlier: EarlierSession | undefined; agentName: string; canFork: boolean },
  ): Promise<Begun> {
    if (earlier !== undefined) {
      try {
        return await (earlier.isShared && canFork ? this.#fork(place, earlier) : this.#load(place, earlier));
      } catch (error) {
        if (!isRefused(error)) throw error;
        this.#warn("The program of an agent does not know its earlier session; a new one begins", error);
      }
    }
    const { acp_model: model } = this.#host.agent;
    const key = model ? (providerByName(agentName)?.modelMeta ?? null) : null;
    const meta = key === null ? {} : { _meta: { [key]: { options: { model } } } };
    const begun = await this.#wait(this.#agent.request("session/new", { ...place, ...meta }));
    return { sessionId: begun.sessionId, ...offers(begun, false), isResumed: false };
  }

  async #load(place: SessionPlace, { sessionId, isOption }: EarlierSession): Promise<Begun> {
    const loaded = await this.#wait(this.#agent.request("session/load", { ...place, sessionId }));
    return { sessionId, ...offers(loaded, isOption), isResumed: true };
  }

  /** Begins a session that knows what the other one knows, and leaves that one to its conversation. */
  async #fork(place: SessionPlace, { sessionId, isOption }: EarlierSession): Promise<Begun> {
    const answer = await this.#wait(this.#agent.request<unknown>("session/fork", { ...place, sessionId }));
    const { sessionId: forked } = asObject(answer);
    if (typeof forked !== "string")
      throw new Error("The program has not named the session that it has forked");
    return { sessionId: forked, ...offers(answer, isOption), isResumed: true };
  }

  /** Asks for the model of the agent. A refusal leaves the session with the program's own. */
  async #chooseModel(facts: Pick<SessionFacts, "sessionId" | "agentName" | "models">): Promise<boolean> {
    const { acp_model: model } = this.#host.agent;
    if (!model) return false;
    try {
      await this.#wait(setModel(this.#connection, facts, model));
      return true;
    } catch (error) {
      if (!isRefused(error)) throw error;
      this.#warn("The program of an agent has not taken its model", error);
      return false;
    }
  }

  get #agent(): ClientContext {
    return this.#connection.agent;
  }

  #wait<T>(answer: Promise<T>): Promise<T> {
    return untilAborted(answer, this.#signal);
  }

  #warn(message: string, error: unknown): void {
    const { logger, conversationId } = this.#host;
    logger.warn({ conversation_id: conversationId, error: messageOf(error) }, message);
  }
}

/** The models and the modes in the answer by which a session begins. */
function offers(answer: unknown, isOption: boolean): Pick<SessionFacts, "models" | "modes"> {
  return { models: readModels(answer, isOption), modes: readModes(answer) };
}

function signInTooLate(methodId: string): StartError {
  const seconds = AUTHENTICATION_TIMEOUT / 1_000;
  return methodId === "chat-gpt"
    ? new StartError("ACPAuthRequired", "The sign-in with ChatGPT did not end in time. Sign in again.")
    : new StartError("ACPStartupTimeout", `The sign-in by '${methodId}' timed out after ${seconds}s`);
}
