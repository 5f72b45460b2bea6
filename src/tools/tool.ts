import type { z } from "zod";
import type { SecretMask } from "../secrets/masking/secret-mask.ts";
import type { ToolAnnotations } from "../wire/agent/tool-definition.ts";
import type { Observation } from "../wire/events/observations.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** The class names under which a tool shows itself on the wire; clients refuse names they do not know. */
export interface WireNames {
  tool: string;
  action: string;
  observation: string | null;
}

/** The conversation that a tool is opened for, as far as a tool may know it. */
export interface ToolHost {
  conversationId: string;
  /** The machine the agent works on: files, programs and terminals. */
  workspace: Workspace;
  storage: ToolStorage;
  /** `tools[].params` of the agent, checked by the tool. */
  params: Record<string, unknown>;
  secrets: ToolSecrets;
}

/**
 * A JSON value that a tool keeps for its conversation, in the store of the server. It goes wherever the conversation
 * goes: through restarts, and to another server of the same store. It is not encrypted.
 */
export interface ToolStorage {
  /** Reads the value. undefined when nothing was written. */
  read(): Promise<unknown>;
  /** Replaces the value; resolves when it is stored. At most 1 MiB as JSON, more is a RangeError. */
  write(value: unknown): Promise<void>;
}

/** The secrets of one conversation, as far as tools may ask for them. */
export interface ToolSecrets {
  /** Values of the secrets whose name occurs in the text, in any case. */
  referencedIn(text: string): Promise<Record<string, string>>;
  /** Hides every secret value in texts. Observations and errors of a tool are masked without it. */
  mask(): Promise<SecretMask>;
}

/** What belongs to one call. */
export interface ToolCallContext {
  toolCallId: string;
  /** Aborted by interrupt: the tool stops at once and rejects or returns what it has. */
  signal: AbortSignal;
}

/** One tool at work in one conversation. */
export interface ToolExecutor<Input> {
  run(input: Input, context: ToolCallContext): Promise<Observation>;
  /** Ends every process and descriptor. Called once. */
  close?(): Promise<void>;
}

/**
 * A tool as the registry holds it. The input schema is what the model sees and what its arguments are checked with.
 * An executor that throws is told to the model as an error; it never ends the run.
 */
export interface Tool<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** A function where the model must be told something of the conversation, such as the working directory. */
  readonly description: string | ((host: ToolHost) => string);
  readonly input: Schema;
  /** Shown to the model instead of the schema made from `input`, for tools that bring JSON schema. */
  readonly parameters?: Record<string, unknown>;
  readonly annotations: ToolAnnotations | null;
  readonly wire: WireNames;
  /**
   * Names of what the call touches: calls that share one run one after the other. `[]`: shares nothing.
   * Without this, calls of the tool run one after the other. Asked before the tool is opened.
   */
  resources?(input: z.output<Schema>, host: ToolHost): readonly string[] | Promise<readonly string[]>;
  /** Called once a conversation, when the tool is first run in it. */
  open(host: ToolHost): ToolExecutor<z.output<Schema>> | Promise<ToolExecutor<z.output<Schema>>>;
}
