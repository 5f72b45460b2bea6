import type { ContentBlock, PromptResponse } from "@agentclientprotocol/sdk";
import { asObject } from "../../is-object.ts";
import { untilAborted } from "../../waiting.ts";
import type { AcpClient } from "../client/acp-client.ts";
import type { SecretFiles } from "../launch/file-secrets.ts";
import type { FindLogin } from "../launch/logins/shared-login.ts";
import { providerByName } from "../providers.ts";
import type { AcpConnection } from "./connection.ts";
import { MODEL_OPTION, type SessionModels } from "./session-models.ts";

/** Facts about a session that has begun. */
export interface SessionFacts {
  sessionId: string;
  agentName: string;
  agentVersion: string;
  /** Folder that the session belongs to. */
  cwd: string;
  models: SessionModels;
  /** Ids of the modes that it offers; null where it says nothing of modes. */
  modes: readonly string[] | null;
  /** Whether the model that the agent asks for is the one that the session has. */
  hasRequestedModel: boolean;
  /** Whether an earlier session goes on. */
  isResumed: boolean;
  /** Whether the program says that it can go on with an earlier session. */
  canLoad: boolean;
  /** Whether the program takes images in prompts. */
  takesImages: boolean;
  /** Problems of the start, a sentence for each. */
  problems: readonly string[];
}

export interface AcpSessionParts {
  connection: AcpConnection;
  client: AcpClient;
  files: SecretFiles;
  facts: SessionFacts;
}

const CODEX_EFFORTS: ReadonlySet<string> = new Set(["low", "medium", "high", "xhigh"]);

/** A session of a program: one prompt at a time, its model and its mode. */
export class AcpSession {
  readonly facts: SessionFacts;
  readonly client: AcpClient;
  readonly #connection: AcpConnection;
  readonly #files: SecretFiles;
  #mode: string | null = null;
  /** US dollars of the session so far. */
  #cost = 0;

  constructor({ connection, client, files, facts }: AcpSessionParts) {
    this.facts = facts;
    this.client = client;
    this.#connection = connection;
    this.#files = files;
  }

  /** Whether the program is still there. */
  get isOpen(): boolean {
    return !this.#connection.signal.aborted;
  }

  /** Whether the program has another login than it would be started with now, or one that is worth nothing any more. */
  needsOtherLogin(find: FindLogin): Promise<boolean> {
    return this.#files.needsOtherLogin(find);
  }

  /** Names of the secrets whose place was bound to the conversation. */
  get boundLogins(): string[] {
    return this.#files.boundLogins;
  }

  /** Keeps the logins that the program has renewed, and hides them. */
  keepLogins(): Promise<void> {
    return this.#files.keepLogins();
  }

  /** Sends a prompt. Resolves when the program has ended its turn. */
  prompt(blocks: ContentBlock[], sessionId = this.facts.sessionId): Promise<PromptResponse> {
    return this.#connection.agent.request("session/prompt", { sessionId, prompt: blocks });
  }

  /** Asks the program to end its turn. The prompt resolves then. */
  async cancel(): Promise<void> {
    await this.#connection.agent.notify("session/cancel", { sessionId: this.facts.sessionId });
  }

  /** Begins another session that knows what this one knows. */
  async fork(signal: AbortSignal): Promise<string> {
    const { sessionId, cwd } = this.facts;
    const answer = this.#connection.agent.request<unknown>("session/fork", {
      sessionId,
      cwd,
      mcpServers: [],
    });
    const { sessionId: forked } = asObject(await untilAborted(answer, signal));
    if (typeof forked !== "string")
      throw new Error("The program has not named the session that it has forked");
    return forked;
  }

  /** Gives the session another model, in the way that it has for that. */
  async setModel(model: string, signal: AbortSignal): Promise<void> {
    const { agentName, models } = this.facts;
    await untilAborted(setModel(this.#connection, { ...this.facts, agentName, models }, model), signal);
  }

  /** Puts the session into a mode, unless it is in that mode. */
  async setMode(mode: string, signal: AbortSignal): Promise<void> {
    if (this.#mode === mode) return;
    const { sessionId } = this.facts;
    const answer = this.#connection.agent.request("session/set_mode", { sessionId, modeId: mode });
    await untilAborted(answer, signal);
    this.#mode = mode;
  }

  /**
   * Returns the costs since the last call, from those of the whole session. null where there are none, or none are
   * known.
   */
  costSince(total: number | null): number | null {
    if (total === null) return null;
    const spent = total - this.#cost;
    this.#cost = total;
    return spent > 0 ? spent : null;
  }

  /** Takes note of a mode that the program has changed itself. */
  noteMode(mode: string): void {
    this.#mode = mode;
  }

  /** Ends the program, its terminals and its files of secrets. */
  async close(): Promise<void> {
    await this.client.close();
    await this.#connection.close();
    await this.#files.remove();
  }
}

/** Gives a session a model. Codex has the effort of a model, as in `gpt/high`, as a separate option. */
export async function setModel(
  { agent }: Pick<AcpConnection, "agent">,
  { sessionId, agentName, models }: Pick<SessionFacts, "sessionId" | "agentName" | "models">,
  model: string,
): Promise<void> {
  if (!models.isOption) {
    await agent.request("session/set_model", { sessionId, modelId: model });
    return;
  }
  for (const [configId, value] of optionsOf(model, agentName))
    await agent.request("session/set_config_option", { sessionId, configId, value });
}

function optionsOf(model: string, agentName: string): [id: string, value: string][] {
  const slash = model.lastIndexOf("/");
  const effort = model.slice(slash + 1);
  const isSplit = slash > 0 && CODEX_EFFORTS.has(effort) && providerByName(agentName)?.key === "codex";
  if (!isSplit) return [[MODEL_OPTION, model]];
  return [
    [MODEL_OPTION, model.slice(0, slash)],
    ["reasoning_effort", effort],
  ];
}
