import type { ToolSchema } from "../../llm/llm.ts";
import { maskError } from "../../secrets/masking/mask-error.ts";
import { maskObservation } from "../../secrets/masking/mask-observation.ts";
import type { ToolDefinition } from "../../wire/agent/tool-definition.ts";
import type { Action } from "../../wire/events/actions.ts";
import type { Observation } from "../../wire/events/observations.ts";
import type { Tool, ToolCallContext, ToolExecutor, ToolHost } from "../tool.ts";
import { descriptionOf, fromAction, toAction, toDefinition } from "../wire-form.ts";
import { type ArgumentCheck, argumentCheckOf } from "./argument-check.ts";
import type { ResponseFields } from "./response-schema.ts";

/** One tool in one conversation. Its executor is made at the first call. */
export class OpenTool {
  readonly name: string;
  readonly schema: ToolSchema;
  readonly definition: ToolDefinition;
  readonly isReadOnly: boolean;
  readonly ownsSummary: boolean;
  readonly #tool: Tool;
  readonly #arguments: ArgumentCheck;
  readonly #response: ResponseFields | undefined;
  readonly #host: ToolHost;
  #executor: Promise<ToolExecutor<unknown>> | null = null;
  #closed = false;

  constructor(tool: Tool, host: ToolHost, response?: ResponseFields) {
    const args = argumentCheckOf(tool);
    const parameters = response?.merge(args.parameters) ?? args.parameters;
    this.name = tool.name;
    this.schema = { name: tool.name, description: descriptionOf(tool, host), parameters };
    this.definition = toDefinition(tool, args.parameters, host);
    this.isReadOnly = tool.annotations?.readOnlyHint ?? false;
    this.ownsSummary = args.names.includes("summary");
    this.#tool = tool;
    this.#arguments = args;
    this.#response = response;
    this.#host = host;
  }

  /** Response fields are checked and left to whoever reads the call: clients know no action that has them. */
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

  resources(input: unknown): readonly string[] {
    return this.#tool.resources?.(input) ?? [`tool:${this.name}`];
  }

  async run(input: unknown, context: ToolCallContext): Promise<Observation> {
    try {
      const executor = await this.#open();
      context.signal.throwIfAborted();
      const observation = await executor.run(input, context);
      return await maskObservation(observation, await this.#host.secrets.mask());
    } catch (error) {
      throw await maskError(error, await this.#host.secrets.mask());
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
      // The next call tries again: what was missing may be there by then.
      this.#executor = null;
      throw error;
    }
  }
}
