import { AgentServerError } from "../../errors.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import { NO_OBSERVERS, type Observers } from "../../observing/observers.ts";
import { maskError } from "../../secrets/masking/mask-error.ts";
import { maskObservation } from "../../secrets/masking/mask-observation.ts";
import { maskedJson } from "../../secrets/masking/masked-json.ts";
import type { ToolDefinition } from "../../wire/agent/tool-definition.ts";
import type { Action } from "../../wire/events/actions.ts";
import type { Observation } from "../../wire/events/observations.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";
import type { Tool, ToolCallContext, ToolExecutor, ToolHost } from "../tool.ts";
import { descriptionOf, fromAction, toAction, toDefinition } from "../wire-form.ts";
import { type ArgumentCheck, argumentCheckOf } from "./argument-check.ts";
import type { ResponseFields } from "./response-schema.ts";

/** Failures of a workspace that the arguments of a call cause. */
const MISTAKES: ReadonlySet<WorkspaceErrorCode> = new Set([
  "not_found",
  "not_a_file",
  "not_a_directory",
  "invalid_path",
  "permission_denied",
  "too_large",
]);

interface OpenToolOptions {
  /** Fields that a response schema adds to the arguments. Default: none. */
  response?: ResponseFields | undefined;
  /** Watch the calls. Default: none. */
  observers?: Observers | undefined;
}

/** A tool in one conversation. Its executor is made at the first call. */
export class OpenTool {
  readonly name: string;
  readonly schema: ToolSchema;
  readonly definition: ToolDefinition;
  readonly guidance: string | undefined;
  readonly isReadOnly: boolean;
  readonly ownsSummary: boolean;
  readonly #tool: Tool;
  readonly #arguments: ArgumentCheck;
  readonly #response: ResponseFields | undefined;
  readonly #host: ToolHost;
  readonly #observers: Observers;
  #executor: Promise<ToolExecutor<unknown>> | null = null;
  #closed = false;

  constructor(tool: Tool, host: ToolHost, { response, observers = NO_OBSERVERS }: OpenToolOptions = {}) {
    const args = argumentCheckOf(tool);
    const parameters = response?.merge(args.parameters) ?? args.parameters;
    this.name = tool.name;
    this.schema = { name: tool.name, description: descriptionOf(tool, host), parameters };
    this.definition = toDefinition(tool, args.parameters, host);
    this.guidance = tool.guidance;
    this.isReadOnly = tool.annotations?.readOnlyHint ?? false;
    this.ownsSummary = args.names.includes("summary");
    this.#tool = tool;
    this.#arguments = args;
    this.#response = response;
    this.#host = host;
    this.#observers = observers;
  }

  /**
   * Checks arguments. Response fields are checked and left out of the action: clients reject actions that have them.
   */
  parse(args: Record<string, unknown>): { action: Action; input: unknown } | { error: string } {
    const own = this.#response?.without(args) ?? args;
    const parsed = this.#arguments.check(own);
    const problem = this.#response?.check(args);
    if ("error" in parsed) return problem === undefined ? parsed : { error: `${parsed.error}; ${problem}` };
    if (problem !== undefined) return { error: problem };
    return { action: toAction(this.#tool, own, parsed.input), input: parsed.input };
  }

  restore(action: Action): { input: unknown } | { error: string } {
    const { action: expected } = this.#tool.wire;
    if (action.kind !== expected) {
      return { error: `Tool '${this.name}' takes ${expected}, not ${action.kind}` };
    }
    return this.#arguments.check(fromAction(this.#tool, action));
  }

  /** Names what a call touches. Calls that share a name must run one after the other. Never rejects. */
  async resources(input: unknown): Promise<readonly string[]> {
    const own = [`tool:${this.name}`];
    try {
      return (await this.#tool.resources?.(input, this.#host)) ?? own;
    } catch {
      return own;
    }
  }

  run(input: unknown, context: ToolCallContext): Promise<Observation> {
    const { conversationId, secrets } = this.#host;
    const call = {
      ...{ conversationId, tool: this.name, callId: context.toolCallId },
      said: () => maskedJson(input, secrets),
    };
    return this.#observers.watch("toolCall", call, {
      work: () => this.#run(input, context),
      ended: (observation) => ({
        isError: observation.is_error === true,
        said: () => maskedJson(observation, secrets),
      }),
    });
  }

  #run(input: unknown, context: ToolCallContext): Promise<Observation> {
    return this.#masked(async (executor) => {
      context.signal.throwIfAborted();
      return executor.run(input, context);
    });
  }

  /** Answers a call that another server has begun; undefined where nothing is known of it. */
  resume(input: unknown, context: ToolCallContext): Promise<Observation | undefined> {
    if (this.#host.workspace.handover === undefined) return Promise.resolve(undefined);
    return this.#masked(async (executor) => executor.resume?.(input, context));
  }

  async #masked<T extends Observation | undefined>(
    work: (executor: ToolExecutor<unknown>) => Promise<T>,
  ): Promise<T> {
    try {
      const observation = await work(await this.#open());
      if (observation === undefined) return observation;
      return (await maskObservation(observation, await this.#host.secrets.mask())) as T;
    } catch (error) {
      throw await maskError(asMistake(error), await this.#host.secrets.mask());
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opening = this.#executor;
    this.#executor = null;
    const executor = await opening?.catch(() => null);
    await executor?.close?.();
  }

  #open(): Promise<ToolExecutor<unknown>> {
    if (this.#closed) throw new Error(`Tool '${this.name}' is closed`);
    this.#executor ??= this.#start();
    return this.#executor;
  }

  async #start(): Promise<ToolExecutor<unknown>> {
    try {
      return await this.#tool.open(this.#host);
    } catch (error) {
      // The next call tries again.
      this.#executor = null;
      throw error;
    }
  }
}

/** Marks a failure that the model caused, so that it does not count as a failure of the tool. */
function asMistake(error: unknown): unknown {
  if (!WorkspaceError.is(error) || !MISTAKES.has(error.code)) return error;
  return new AgentServerError("unprocessable", error.message, { cause: error });
}
