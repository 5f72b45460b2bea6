import type { ExtensionFactory } from "../../agent/loop/extension.ts";
import type { Runners } from "../../agent/runner.ts";
import type { ServiceKeys } from "../../agent/security/analyzer-host.ts";
import type { ShellScanner } from "../../agent/security/worker/shell-scanner.ts";
import type { Clock } from "../../clock.ts";
import type { Timestamps } from "../../events/timestamp.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { CompletionLog } from "../../llm/decorators/with-completion-log.ts";
import type { Llm } from "../../llm/llm.ts";
import type { Logger } from "../../logger.ts";
import type { RemoteAccess } from "../../mcp/transports/remote-access.ts";
import type { Observers } from "../../observing/observers.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { LookupFetch } from "../../secrets/lookup-secret.ts";
import type { ServerSecrets } from "../../secrets/server-secrets.ts";
import type { Store } from "../../stores/store.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Machines } from "../../workspace/machines.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";
import type { Budgets } from "../budgets/budget.ts";
import type { PrincipalSpending } from "../budgets/principal-spending.ts";
import type { ConversationMail } from "../conversation-mail.ts";
import type { AgentFiles } from "../launch/agent-files.ts";
import type { ProfileSource } from "../launch/agent-profiles.ts";
import type { PluginLoader } from "../launch/plugin-source.ts";
import type { DamageLog } from "../record/damage/damage-log.ts";
import type { AcpSkillSourcing } from "../record/requested-agent.ts";
import type { UnsealedSecrets } from "../record/unsealed-secrets.ts";
import type { RemovalNotes } from "../removal/removal-notes.ts";
import type { Drivers } from "../sub-agents/workers/drivers.ts";
import type { OpeningGuard } from "./opening-guard.ts";
import type { RunSlots } from "./runs/run-slots.ts";

/** Facts of a conversation that its model depends on. */
export interface ModelUse {
  /** Called for each call of the model if its configuration has `log_completions`. */
  onCompletion(log: CompletionLog): void;
  /** Whether the configuration had a key that was not kept. */
  isKeyLost: boolean;
}

/** Makes the model of a configuration. */
export type CreateLlm = (config: LlmConfig, use: ModelUse) => Llm;

/** Everything that a server provides for its conversations. */
export interface ConversationContext {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Seals secrets at rest. Without it they are not stored. */
  cipher?: Cipher | undefined;
  /** Tools that agents may name. */
  tools: ToolRegistry;
  createLlm: CreateLlm;
  /** Opens the machine that a conversation works on. */
  openWorkspace: OpenWorkspace;
  /**
   * Whether the machines of conversations are the same from every server and outlive these, so that they are opened under
   * the claims of the server. Default: false.
   */
  sharesMachines?: boolean | undefined;
  /** Where agents that are other programs have their skills from. Default: `native`. */
  acpSkillSourcing?: AcpSkillSourcing | undefined;
  /** The machines that stay when workspaces are closed. Default: there are none. */
  machines?: Machines | undefined;
  /** Makes the extensions of a conversation. Default: none. */
  extensions?: ExtensionFactory | undefined;
  /** Limits of what agents use. Default: none. */
  budgets?: Budgets | undefined;
  /** Holds the clients of the server to their limits. Default: they have none. */
  limiter?: Limiter | undefined;
  /** Profiles that agents and models are launched from. Default: none. */
  profiles?: ProfileSource | undefined;
  /** The files that agents are completed from. Default: there are none. */
  agentFiles?: AgentFiles | undefined;
  /** Loads plugins. Default: there are none. */
  plugins?: PluginLoader | undefined;
  /** Runners of agents by their kind. */
  runners: Runners;
  /** Keeps conversations closed that depend on what this process does not have. Default: all may be opened. */
  openingGuard?: OpeningGuard | undefined;
  /** Absolute folder of worktrees, on the machines of the conversations. Default: `/tmp/conversation-worktrees`. */
  worktreeRoot?: string | undefined;
  /**
   * How runs are repaired that the end of a process has cut short: `continue` lets the agent go on, `mark` shows an
   * error. Default: `mark`.
   */
  cutRuns?: "continue" | "mark" | undefined;
  /** Notes of what a crash would leave. Default: none. */
  removals?: RemovalNotes | undefined;
  /** Absolute folder for what tools of a conversation keep. */
  dataDir(conversationId: string): string;
  /** Base folder of `persistence_dir`, as clients see it. */
  persistenceDir: string;
  /** Folder of the user's files that belong to no project, as prompts show it. Default: `~/.openhands`. */
  userDir?: string | undefined;
  /** Base URL for lookups of relative URLs: this server, as seen from itself. */
  internalUrl(): string;
  /** Looks up the values of lookup secrets. Default: the global `fetch`. */
  lookupFetch?: LookupFetch | undefined;
  /** The network for MCP servers at URLs. Default: they cannot be reached. */
  mcp?: RemoteAccess | undefined;
  /** Credentials of the server for GraySwan. Default: none. */
  graySwan?: ServiceKeys | undefined;
  /** Secret values of the server itself, which no conversation may show. Default: none. */
  serverSecrets?: ServerSecrets | undefined;
  /** Receivers elsewhere of what happens in conversations. Default: none. */
  mail?: ConversationMail | undefined;
  /** Watch runs, steps and the calls of models and tools. Default: none. */
  observers?: Observers | undefined;
  /** Called when something other than a state update happens in any conversation. */
  onActivity?(): void;
}

/** The context with what the conversations of a server share. */
export interface LiveContext extends ConversationContext {
  timestamps: Timestamps;
  unsealed: UnsealedSecrets;
  slots: RunSlots;
  /** Spending by principal. */
  principalSpending: PrincipalSpending;
  /** Reads commands for analyzers. */
  shellScanner: ShellScanner;
  damage: DamageLog;
  /** The sub-agents that are working. */
  drivers: Drivers;
}
