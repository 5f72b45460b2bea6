import { type Clock, systemClock } from "../clock.ts";
import type { Llm } from "../llm/llm.ts";
import { type Logger, silentLogger } from "../logger.ts";
import type { Store } from "../stores/store.ts";
import type { Tool } from "../tools/tool.ts";
import type { LlmConfig } from "../wire/agent/llm-config.ts";

/** Everything a server can be told. Nothing is read from globals but what `environment` stands for. */
export interface ServerOptions {
  /** Keys accepted as `X-Session-API-Key`. Empty or absent: no key is asked for, and only loopback hosts are served. */
  apiKeys?: readonly string[];
  /** A host app's own check instead of keys. False answers 401. */
  authenticate?: (request: Request) => boolean | Promise<boolean>;
  /** Lets `listen` bind beyond loopback without keys: anyone who reaches the port can run commands. */
  dangerouslyAllowUnauthenticated?: boolean;

  /** Where conversations are kept. Default: SQLite in `conversationsPath`. */
  store?: Store;
  /** Folder of the database and of each conversation's files. Default: `workspace/conversations`. */
  conversationsPath?: string;
  /** Encrypts secrets at rest. Without it they are not stored, and lost on restart. */
  secretKey?: string;

  /** Tools beside the built-in ones; agents name them in `tools`. */
  tools?: readonly Tool[];
  /**
   * Serves models of your own; undefined leaves the model to the built-in providers. A model gets the retries, timeout,
   * price and completion log of the conversation's configuration, unless it is `decorated` already.
   */
  createLlm?: (config: LlmConfig) => Llm | undefined;

  /** Path below which a host app mounts the server, such as `/agents`. */
  basePath?: string;
  /** Address under which clients see the server; its path is served too. */
  webUrl?: string;
  /** Address under which the server calls itself, for secrets that name a path of it. Default: where it listens. */
  internalUrl?: string;
  /** Host name under which web pages in containers see this machine; its origins may call the server. */
  dockerHost?: string;
  /** Origins of web pages that may call the server, beside those of this machine. */
  corsOrigins?: readonly string[];
  /** The same as a regular expression; the whole origin must match. */
  corsOriginRegex?: string;
  /** `Host` names served beside loopback while no key is set. */
  allowedHosts?: readonly string[];

  /** Conversations untouched for so many seconds leave memory; null keeps them. Default: 1200. */
  idleTtlSeconds?: number | null;
  /**
   * Seconds without activity after which the host of this process may stop it. Told to clients in `/server_info`; the
   * server itself never stops. Default: null, never.
   */
  idleTimeoutSeconds?: number | null;
  /** Maximum number of concurrent runs; further runs are queued. Default: unlimited. */
  maxConcurrentRuns?: number;
  /** Bytes a socket may lag behind before it is closed with 1013. Default: 4 MiB. */
  maxSocketLagBytes?: number;
  /** Largest request body in bytes. Default: 32 MiB. */
  maxBodyBytes?: number;
  /**
   * Lets the server fetch images of private networks where it must hand them to a model as data. Whoever may write
   * messages could look around in those networks with it.
   */
  allowPrivateImageUrls?: boolean;
  /** Adds stack traces to the bodies of 5xx answers. */
  debug?: boolean;

  logger?: Logger;
  clock?: Clock;
  /** Variables that commands of the agent get beside the harmless ones of `environment`: nothing else passes. */
  commandEnvironment?: Readonly<Record<string, string>>;
  /** Read for provider keys and for what commands may see of it. Default: `process.env`. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** The options with their defaults. */
export type ResolvedOptions = ServerOptions &
  Required<
    Pick<
      ServerOptions,
      | "apiKeys"
      | "conversationsPath"
      | "tools"
      | "corsOrigins"
      | "allowedHosts"
      | "idleTtlSeconds"
      | "idleTimeoutSeconds"
      | "maxSocketLagBytes"
      | "maxBodyBytes"
      | "allowPrivateImageUrls"
      | "debug"
      | "logger"
      | "clock"
      | "environment"
    >
  >;

const MIB = 1024 * 1024;

export function resolveOptions(options: ServerOptions): ResolvedOptions {
  const apiKeys = options.apiKeys ?? [];
  if (apiKeys.some((key) => typeof key !== "string" || key === "")) {
    throw new TypeError("apiKeys: every key must be a string that is not empty");
  }
  const { maxConcurrentRuns = 1 } = options;
  if (!(maxConcurrentRuns >= 1)) throw new TypeError("maxConcurrentRuns: must be 1 or more");
  return {
    ...options,
    apiKeys,
    conversationsPath: options.conversationsPath ?? "workspace/conversations",
    tools: options.tools ?? [],
    corsOrigins: options.corsOrigins ?? [],
    allowedHosts: options.allowedHosts ?? [],
    idleTtlSeconds: options.idleTtlSeconds === undefined ? 1200 : options.idleTtlSeconds,
    idleTimeoutSeconds: options.idleTimeoutSeconds ?? null,
    maxSocketLagBytes: options.maxSocketLagBytes ?? 4 * MIB,
    maxBodyBytes: options.maxBodyBytes ?? 32 * MIB,
    allowPrivateImageUrls: options.allowPrivateImageUrls ?? false,
    debug: options.debug ?? false,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    environment: options.environment ?? process.env,
  };
}
