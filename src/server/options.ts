import type { ExtensionFactory, LoopExtension } from "../agent/loop/extension.ts";
import type { Clock } from "../clock.ts";
import type { Budgets } from "../conversations/budgets/budget.ts";
import type { AuditSink } from "../http/access/audit-event.ts";
import type { Authenticate } from "../http/admission/authentication.ts";
import type { Stage } from "../http/stages.ts";
import type { Limits } from "../limits/caller-limits.ts";
import type { Llm } from "../llm/llm.ts";
import type { Logger } from "../logger.ts";
import type { Observer } from "../observing/observer.ts";
import type { Store } from "../stores/store.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Tool } from "../tools/tool.ts";
import type { MarketplaceRegistration } from "../wire/agent/agent-context.ts";
import type { LlmConfig, LlmConfigInput } from "../wire/agent/llm-config.ts";
import type { OpenWorkspace } from "../workspace/workspace.ts";
import type { BrowserOptions } from "./browser/browser-options.ts";
import type { ClusterOptions } from "./cluster/cluster-options.ts";
import type { VscodeOptions } from "./editor/vscode-options.ts";
import type { UiOptions } from "./ui/ui-options.ts";
import type { WebhookOptions } from "./webhooks/webhook-options.ts";

/**
 * Makes a model of the built-in providers, with the retries and limits of its configuration.
 *
 * @throws TypeError that names the first wrong field
 */
export type BuiltIn = (config: LlmConfigInput) => Llm;

/** A place that knows the current key of an operator's models. */
export interface KeyRefreshSource {
  /** URL that answers a GET with the key as plain text. A path is one of this server. */
  url: string;
  /** Headers of that request. Default: none. */
  headers?: Readonly<Record<string, string>>;
  /** The `base_url`s of the models that the key is for. No other model gets it. */
  baseUrls: readonly string[];
}

/**
 * The places of what OpenHands' agent server, the reference, has left. Its conversations lie in `conversationsPath`.
 */
export interface ReferenceDataOptions {
  /**
   * Folder of its settings, secrets, profiles and connections, `~` allowed. null for none. Default: `userDir`, and none
   * where that is not set either.
   */
  settings?: string | null;
}

/** A marketplace by its name, and where it lies: `github:owner/repo`, the URL of a git repository, or a path. */
export type MarketplaceOptions = Pick<MarketplaceRegistration, "name" | "source"> &
  Partial<MarketplaceRegistration>;

/** Options of a server. Nothing is read from globals except the default of `environment`. */
export interface ServerOptions {
  /** Keys accepted as `X-Session-API-Key`. Required unless `authenticate` or `keyless` is set. */
  apiKeys?: readonly string[];
  /**
   * A check of the host app that replaces the keys. False and null answer 401. A principal, `{ id, scopes?, access? }`,
   * says who asks, and what it may do: without `access`, to work with the conversations that it has created. true is an
   * admin without a name. Access keys are admitted, too. Default: the keys decide.
   */
  authenticate?: Authenticate;
  /**
   * Whether sockets accept a key in the query, as old clients send it. Access logs of proxies may keep such a key.
   * Default: true.
   */
  queryKey?: boolean;
  /**
   * Code around every request, such as an access log or a limit. A request passes the server's own checks of host and
   * origin first, then the stages in their order. Default: none.
   */
  stages?: readonly Stage[];
  /**
   * Serves programs of this machine without credentials, where there are neither keys nor `authenticate`. A request is
   * answered when its connection comes from the loopback interface, whatever its headers say, and no proxy is in
   * between. A host that calls `fetch` without `peerAddress` must itself listen on loopback only. Default: a key is
   * required.
   */
  keyless?: "loopback";
  /**
   * Serves anyone who reaches the server without credentials, where there are neither keys nor `authenticate`. They can
   * run commands on this machine. Default: false.
   */
  dangerouslyAllowUnauthenticated?: boolean;

  /**
   * Storage of conversations. Servers may share one; it is closed with the last of them. Default: SQLite in
   * `conversationsPath`.
   */
  store?: Store;
  /**
   * Makes this server one of several that serve the same conversations from one `store`, behind any balancer. Each
   * answers every request: what only the server that runs a conversation can do, it passes on to that one. Needs
   * `secretKey`, the same for all. Default: none; servers that share a store refuse what another one runs.
   */
  cluster?: ClusterOptions;
  /** Folder of the database and of each conversation's files. Default: `workspace/conversations`. */
  conversationsPath?: string;
  /**
   * Folder on the machines of conversations for the git worktrees that clients ask for. Default:
   * `/tmp/conversation-worktrees`.
   */
  worktreeRoot?: string;
  /**
   * Folder of the user's files that belong to no project, such as the notes that agents keep (`memory/`). Default:
   * `~/.openhands`.
   */
  userDir?: string;
  /**
   * The skills and plugins that everyone is offered: a git repository, or a folder of this machine, and a branch, tag
   * or commit of the repository. Nothing is fetched before it is first asked for. Default: the branch `main` of
   * `https://github.com/OpenHands/extensions`.
   */
  publicExtensions?: { source?: string; ref?: string };
  /**
   * Marketplaces whose skills `POST /api/skills` lists with those of the request's own, where `auto_load` is true or
   * names them. One of the request takes the place of one of this name. Default: none.
   */
  marketplaces?: readonly MarketplaceOptions[];
  /**
   * Opens the data of OpenHands' agent server where it lies. Its conversations in `conversationsPath` are listed at the
   * start, and the log of each is stored here when it is first opened; deleting one deletes its folder, and nothing
   * else changes there. Its settings, secrets and profiles are taken over once, where the store has none of the same
   * name. false leaves all of it alone. Default: `{}`; false with a `store` of the host.
   */
  referenceData?: ReferenceDataOptions | false;
  /**
   * Encrypts secrets at rest. Without it those of conversations are not stored and are lost on restart, and those of
   * settings, profiles and the like are stored in clear, as by the reference. Default: none.
   */
  secretKey?: string;
  /**
   * Keys that `secretKey` has replaced, the newest first. They read what was encrypted with them; it is encrypted with
   * `secretKey` when it is stored again. Default: none.
   */
  previousSecretKeys?: readonly string[];

  /** Tools in addition to the built-in ones. Agents name them in `tools`. Default: none. */
  tools?: readonly Tool[];
  /**
   * Supplies custom models, for example scripted ones. Undefined selects the built-in providers. A custom model gets
   * the retries, timeout, price and completion log of the conversation's configuration, unless it is `decorated`
   * already. `builtIn` makes a model of the built-in providers, for one among others (`withFallbacks`, `routerLlm`).
   */
  createLlm?: (config: LlmConfig, builtIn: BuiltIn) => Llm | undefined;
  /**
   * Where built-in models get a new key when their provider rejects the one of their conversation, for example because
   * the operator's proxy has changed it. The call is repeated once with the new key. Default: the run fails.
   */
  keyRefresh?: KeyRefreshSource;

  /**
   * Opens the machine a conversation works on. Default: `localWorkspace`, this machine, with `environment` and
   * `commandEnvironment`.
   */
  workspace?: OpenWorkspace;
  /**
   * The browser of agents that name `browser_tool_set`, as those of settings do by default. It is started by its first
   * use and ends with the server. false: agents work without it. Default: `{}`.
   */
  browser?: BrowserOptions | false;
  /**
   * Offers an installed VS Code server to clients, which then have this machine in their browser. It is started when a
   * client first asks for its address, and never together with `workspace`. Default: null, none.
   */
  vscode?: VscodeOptions | null;
  /**
   * Serves Agent Canvas, the web app, at every path below `basePath` that is not the server's own. Mount the server
   * below a path, or behind the routes of the host. Its package is not a dependency: `npx agent-server ui install` gets
   * it. Default: false.
   */
  ui?: boolean | UiOptions;
  /**
   * Serves the inspector at `/inspector` below `basePath`: a page that shows conversations, their timelines, waits,
   * tokens and errors as they happen. It asks its user for a key, and shows what that key may see. Default: false.
   */
  inspector?: boolean;
  /**
   * Code that takes part in the loop of agents: guards, hooks, budgets, condensers. A list is shared by all
   * conversations; a function is called each time a conversation is loaded for work, and its extensions may keep what
   * belongs to that conversation. Default: none.
   */
  extensions?: readonly LoopExtension[] | ExtensionFactory;

  /**
   * Path below which a host app mounts the server, such as `/agents`. Other paths stay the host's. Default: the root.
   */
  basePath?: string;
  /** URL at which clients see the server. Its path is served too. Default: none. */
  webUrl?: string;
  /** URL at which the server requests its own paths, which secrets may name. Default: the URL it listens on. */
  internalUrl?: string;
  /**
   * URL at which browsers reach the back ends of extensions of Agent Canvas: this server again, under an origin that
   * shows nothing else, such as another name of the machine. Back ends that are open in one browser share it. Default:
   * null, browsers reach none.
   */
  appBackendPublicUrl?: string | null;
  /**
   * Whether `X-Forwarded-Proto` and `X-Forwarded-Host` say at which origin a request for a back end came. Only behind a
   * proxy that sets both itself. Default: false.
   */
  trustForwardedHeaders?: boolean;
  /** Host name by which web pages in containers reach this machine. Its origins may call the server. Default: none. */
  dockerHost?: string;
  /** Origins of web pages that may call the server, in addition to those of this machine. Default: none. */
  corsOrigins?: readonly string[];
  /** Regular expression for further origins. It must match the whole origin. Default: none. */
  corsOriginRegex?: string;
  /** `Host` names that are served in addition to loopback while no key is set. Default: none. */
  allowedHosts?: readonly string[];

  /** Seconds after which an untouched conversation leaves memory; null keeps it. Default: 1200. */
  idleTtlSeconds?: number | null;
  /**
   * Loads the code of conversations and of the usual tools once the server is ready, so that the first conversation
   * starts sooner; a dormant server does so, too. Default: false, each is loaded when it is first needed.
   */
  preloadTools?: boolean;
  /**
   * Seconds without activity after which the operator may stop this process. Only shown to clients, in `/server_info`:
   * see `idleShutdownSeconds`. Default: null, never.
   */
  idleTimeoutSeconds?: number | null;
  /**
   * Seconds without activity after which the server closes itself: what `idle_time` of `/server_info` counts, while no
   * run and no bash command is active. Open sockets and plain reads do not keep it. A dormant server waits. The command
   * ends with its server. Default: null, never.
   */
  idleShutdownSeconds?: number | null;
  /**
   * Maximum number of concurrent runs. A run past it is refused with 429; the message that asked for it is stored. The
   * start of a conversation counts as a run. Default: 10.
   */
  maxConcurrentRuns?: number;
  /**
   * Maximum number of runs that wait, in the order in which they came, instead of being refused. The reference has no
   * such queue. Default: 0.
   */
  maxQueuedRuns?: number;
  /**
   * Limits of what agents may use: cost, tokens, steps and time, of each conversation and of all those that a principal
   * has created. Where one is reached, the conversation is paused with an error that says so; a user who starts it
   * again gives it as much again, unless the budget is `final`. Checked before each call of a model in a run, so that
   * the last call may exceed it; a final one also before questions, titles and condensations on request. Default: none.
   */
  budgets?: Budgets;
  /**
   * Limits of each principal; an access key may have its own. What is past one is refused with 429 and `Retry-After`: a
   * request, a socket, and a message that would begin a run, of which nothing is stored then. A run that goes on is
   * paused before the next call of its model when its client has used up tokens or cost, so that the last call may
   * exceed them; an agent that is another program ends its turn first. Requests, sockets and runs count on each server; tokens and cost count in the store, for all servers.
   * Default: none.
   */
  limits?: Limits;
  /**
   * Takes reports of what callers were allowed and refused, by requests and sockets; `auditFile` writes them to a file.
   * Of refusals there are up to 20 a second after the first 200; a note says how many are missing. Requests never wait
   * for it, and what it throws is logged. Default: nothing is reported.
   */
  audit?: AuditSink;
  /**
   * Milliseconds before a message is sent again to an agent that is another program (`ACPAgent`), after a failure that
   * may pass: one for each further attempt, at most 20. Default: 5,000, 15,000 and 30,000.
   */
  acpRetryDelays?: readonly number[];
  /**
   * Where agents that are other programs (`ACPAgent`) have their skills from. `native`: each reads those of its user and
   * project itself. `openhands_managed`: it gets those of the server with its first message, too. Default: `native`.
   */
  acpSkillSourcing?: "native" | "openhands_managed";
  /** Seconds after which commands of the bash API and their outputs are removed; null keeps them. Default: null. */
  bashEventsRetentionSeconds?: number | null;
  /** Working directory of the conversations that clients of OpenAI's API begin. Default: `workspace/project`. */
  gatewayWorkspace?: string;
  /** Number of unsent bytes at which a slow socket is closed with 1013. Default: 4 MiB, for session sockets 16 MiB. */
  maxSocketLagBytes?: number;
  /** Maximum size of a model's reply in bytes, unpacked. Default: 32 MiB. */
  maxReplyBytes?: number;
  /** Maximum size of a request body in bytes. Default: 32 MiB. */
  maxBodyBytes?: number;
  /**
   * Allows image URLs on private networks to be fetched when a model needs images inline. Anyone who may send messages
   * could then probe those networks. Default: false.
   */
  allowPrivateImageUrls?: boolean;
  /**
   * Receivers of what happens in conversations: their events in batches, and what they are when they begin, change or
   * end. What is to be sent is stored first and sent at least once, in the order of each conversation. Default: none.
   */
  webhooks?: readonly WebhookOptions[];
  /**
   * Starts dormant: everything that requires credentials is refused with 503 until `POST /api/init` has brought keys,
   * folders and the like, once. That request needs `secretKey` as `X-Init-API-Key`, or `key`; null refuses it to
   * everyone, and without either anyone may send it. A `workspace` of the host keeps the variables that it has.
   * Default: false.
   */
  deferredInit?: boolean | { key?: string | null };
  /** Adds stack traces to the bodies of 5xx answers. Default: false. */
  debug?: boolean;

  /**
   * Receiver of reports, or `"silent"` for none: any object with these four methods, such as a logger of pino. Default:
   * warnings and errors are written to standard error.
   */
  logger?: Logger | "silent";
  /**
   * Writes a line to `logger` for each request and each socket, with the id of the request, the template of the route
   * and the principal, and without paths, queries and bodies. Default: false.
   */
  accessLog?: boolean;
  /** Measures the server, as `prometheus()` of `agent-server/prometheus` does. Default: none. */
  metrics?: Metrics;
  /**
   * Watch the work of the server: requests, runs, steps, calls of models and tools. `openTelemetry()` of
   * `agent-server/opentelemetry` is one, for traces. Default: none.
   */
  observers?: readonly Observer[];
  /** Source of time and ids. Default: the machine's clock and random ids. */
  clock?: Clock;
  /** Variables that the agent's commands get in addition to the harmless ones of `environment`. Default: none. */
  commandEnvironment?: Readonly<Record<string, string>>;
  /**
   * CPU priority of the agent's terminals and all that they start. `low` leaves the processor to the server where both
   * want it. Default: `low`.
   */
  terminalPriority?: "low" | "normal";
  /**
   * Source of provider keys, of proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and of the harmless
   * variables that commands may see. Models are asked with the `fetch` of the process, which knows proxies only if its
   * host has it so, as the command does. Default: `process.env`.
   */
  environment?: Readonly<Record<string, string | undefined>>;
}
