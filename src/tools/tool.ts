import type { z } from "zod";
import type { SecretMask } from "../secrets/masking/secret-mask.ts";
import type { Skill } from "../wire/agent/skill.ts";
import type { ToolAnnotations } from "../wire/agent/tool-definition.ts";
import type { MessageEvent } from "../wire/events/events.ts";
import type { Observation } from "../wire/events/observations.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Delegation } from "./delegation.ts";
import type { ToolModels } from "./tool-models.ts";

/** Class names of a tool on the wire. Clients reject names they do not know. */
export interface WireNames {
  /** Class of the tool, such as `TerminalTool`. */
  tool: string;
  /** Class of its calls, such as `TerminalAction`. */
  action: string;
  /** Class of its results, such as `TerminalObservation`; null for tools without one. */
  observation: string | null;
}

/** The part of a conversation that a tool may use. */
export interface ToolHost {
  /** Dashed UUID of the conversation. */
  conversationId: string;
  /** The machine the agent works on: files, programs and terminals. */
  workspace: Workspace;
  /** A value that the tool keeps for the conversation. */
  storage: ToolStorage;
  /** `tools[].params` of the agent. The tool checks them. */
  params: Record<string, unknown>;
  /** The secrets of the conversation. */
  secrets: ToolSecrets;
  /** The skills that the agent has at the moment. */
  skills(): readonly Skill[];
  /** Saved models, to ask one or to give the agent another. */
  models: ToolModels;
  /** The messages of the conversation so far, oldest first, as far as the prompt has them. */
  messages(): readonly MessageEvent[];
  /** Gives work to sub-agents. Left out where none can be started. */
  delegation?: Delegation | undefined;
}

/**
 * A JSON value that a tool keeps for its conversation in the store of the server. It survives restarts and is the same
 * on every server of the store. It is not encrypted.
 */
export interface ToolStorage {
  /** Reads the value. undefined when nothing was written. */
  read(): Promise<unknown>;
  /** Replaces the value; resolves when it is stored. At most 1 MiB as JSON, more is a RangeError. */
  write(value: unknown): Promise<void>;
}

/** The secrets of one conversation. A tool gets the values of those that a text names, and no list of all. */
export interface ToolSecrets {
  /** Values of the secrets whose name occurs in the text, in any case. */
  referencedIn(text: string): Promise<Record<string, string>>;
  /** Hides every secret value in texts. Observations and errors of a tool are masked without it. */
  mask(): Promise<SecretMask>;
}

/** Facts about one call. */
export interface ToolCallContext {
  /** Id of the call in the model's reply. */
  toolCallId: string;
  /**
   * Id of the call in the log. What is begun on the machine under it can be found by the next server: see
   * `Workspace.handover`.
   */
  actionId: string;
  /** Aborted by an interrupt. The tool then stops at once, and rejects or returns a partial result. */
  signal: AbortSignal;
}

/** A tool that is open in one conversation. */
export interface ToolExecutor<Input> {
  /** Answers a call. A throw becomes an error for the model; the run goes on. */
  run(input: Input, context: ToolCallContext): Promise<Observation>;
  /**
   * Answers a call that another server has begun, from what the machine has of it. Begins nothing. undefined where
   * nothing is known of it; the model then reads that it was cut short. Called only where the machine outlives its
   * servers. Default: nothing is known.
   */
  resume?(input: Input, context: ToolCallContext): Promise<Observation | undefined>;
  /** Ends every process and descriptor of the tool. Called once. */
  close?(): Promise<void>;
}

/**
 * A tool as the registry holds it. The model sees the input schema, and arguments are checked with it. The model gets
 * what an executor throws as an error; the run goes on.
 */
export interface Tool<Schema extends z.ZodType = z.ZodType> {
  /** Name for the model: 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** A function when the text depends on the conversation, for example on the working directory. */
  readonly description: string | ((host: ToolHost) => string);
  /** Schema of the arguments. */
  readonly input: Schema;
  /** JSON schema for the model. Default: made from `input`. */
  readonly parameters?: Record<string, unknown>;
  /**
   * Schema of `tools[].params`; a conversation whose agent has others is not started. Default: any, and `open` checks
   * them.
   */
  readonly params?: z.ZodType;
  /** Hints about the effects of the tool; null without any. */
  readonly annotations: ToolAnnotations | null;
  /** Advice for the system prompt on when and how to use the tool. Tools that share a text have it there once. */
  readonly guidance?: string;
  /** Class names on the wire. */
  readonly wire: WireNames;
  /** Facts about the tool for clients (`meta` in its description). Default: none. */
  readonly meta?: (host: ToolHost) => Record<string, unknown>;
  /** The tool as its MCP server describes it, for clients. Default: made from name, description and parameters. */
  readonly mcpTool?: Record<string, unknown>;
  /**
   * Names what a call touches. Calls that share a name run one after the other; with `[]` a call waits for none.
   * Default: calls of the tool run one after the other. Called before the tool is opened.
   */
  resources?(input: z.output<Schema>, host: ToolHost): readonly string[] | Promise<readonly string[]>;
  /** Asked when the tools of a conversation are opened: the reason to leave the tool out there. Default: none. */
  unavailable?(host: Pick<ToolHost, "workspace">): Promise<string | undefined>;
  /**
   * Called when the tools of a conversation are opened, before the agent works, also after a restart. A failure is
   * logged and costs nothing else.
   */
  prepare?(host: Pick<ToolHost, "workspace" | "params">): Promise<void>;
  /** Called at the first call of the tool in a conversation. */
  open(host: ToolHost): ToolExecutor<z.output<Schema>> | Promise<ToolExecutor<z.output<Schema>>>;
}
