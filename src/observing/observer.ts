/**
 * Watches the work of a server: metrics, traces and logs are made of this. Every kind is optional.
 *
 * - **Order.** An observer is asked when a piece of work begins, and its watch hears once how it ended. Pieces nest: a
 *   step lies within its run, the calls of models and tools within their step.
 * - **Cost.** Everything is called on the way of the work, so it must be quick and must not wait.
 * - **Failure.** What an observer throws is logged, once for each kind, and changes nothing.
 * - **Secrets.** Facts hold names and numbers. What people, models and tools have said is in `said` alone, which is
 *   masked, and is made when it is called.
 *
 * @example
 * ```ts
 * const slowTools: Observer = {
 *   toolCall({ tool }) {
 *     const began = performance.now();
 *     return { ended: () => console.log(tool, performance.now() - began) };
 *   },
 * };
 * const server = createServer({ observers: [slowTools] });
 * ```
 */
export type Observer = WorkObserver & ServerObserver;

/** The part of an observer that is about pieces of work, by their kind. */
export type WorkObserver = {
  readonly [K in keyof Work]?: (begun: Work[K]["begun"]) => WorkWatch<Work[K]["ended"]> | undefined;
};

/** The part of an observer that is about a server as a whole. */
export interface ServerObserver {
  /** Called once by the server that it watches, with what tells its state at any moment. */
  server?(sample: () => ServerSample): void;
  /** Takes note that a caller was refused something, or paused, by a limit such as `requests_per_minute`. */
  limited?(limit: string): void;
  /**
   * Returns headers with which a request to another server continues what is being done. Called within `around`, also
   * for requests to models, whose providers are strangers.
   */
  traceHeaders?(request: OutgoingBegun): Readonly<Record<string, string>>;
}

/** Watches one piece of work. */
export interface WorkWatch<End> {
  /** Begins the work and returns what it returns, so that what it leads to is known to belong to it. */
  around?<T>(work: () => T): T;
  /** Takes note that the work is done. */
  ended?(end: End): void;
  /** Takes note that the work has failed. */
  failed?(error: unknown): void;
}

/** The kinds of work. */
export interface Work {
  /** A request over HTTP, or the upgrade to a socket, until its answer begins. */
  request: Piece<RequestBegun, RequestEnded>;
  /** An open socket. */
  socket: Piece<SocketBegun, SocketEnded>;
  /** A run of an agent, from the moment in which it may start. It does not fail: its status says so. */
  run: Piece<RunBegun, RunEnded>;
  /** A step of the built-in agent: one call of its model, and the calls of tools that come of it. */
  step: Piece<StepBegun, StepEnded>;
  /** A call of a model for a conversation, with all its attempts. */
  modelCall: Piece<ModelCallBegun, ModelCallEnded>;
  /** A call of a tool. */
  toolCall: Piece<ToolCallBegun, ToolCallEnded>;
  /** A change of a conversation on its way into the store. */
  commit: Piece<CommitBegun, object>;
  /** A wait of the database for the disk. */
  sync: Piece<object, object>;
  /** A conversation that another server has left behind, until it is repaired here. */
  takeover: Piece<TakeoverBegun, object>;
  /** A request of this server to another one, until its answer begins. */
  outgoing: Piece<OutgoingBegun, OutgoingEnded>;
}

/** The facts about a piece of work. */
export interface Piece<Begun, Ended> {
  /** When it begins. */
  begun: Begun;
  /** When it is done. */
  ended: Ended;
}

/** A request that has come in. */
export interface RequestBegun {
  /** Such as `GET`. Clients choose it. */
  readonly method: string;
  /** Template of the route, such as `/api/conversations/{conversation_id}`; undefined where there is none. */
  readonly route: string | undefined;
  /** Whether the request asks for a socket. */
  readonly isUpgrade: boolean;
  /** IP address of the other end; undefined where the host gives none. */
  readonly peerAddress: string | undefined;
  /** Id of the request: that of the header `X-Request-ID`, or a new one. */
  readonly requestId: string;
  /** Returns a header of the request; null without it. */
  header(name: string): string | null;
}

/** A request whose answer begins. */
export interface RequestEnded {
  /** Status of HTTP; 101 for an accepted socket. */
  readonly status: number;
  /** Bytes of the body; undefined for one whose length is not known yet. */
  readonly bytes: number | undefined;
  /** Id of the principal; undefined where none was named. */
  readonly principalId: string | undefined;
}

/** A socket that was opened. */
export interface SocketBegun {
  /** Template of its route. */
  readonly route: string;
  /** Id of the request that has opened it. */
  readonly requestId: string;
  /** Id of the principal; undefined where none was named. */
  readonly principalId: string | undefined;
  /** Returns the bytes that wait to be sent. */
  bufferedBytes(): number;
}

/** A socket that was closed. */
export interface SocketEnded {
  /** Code of the closing; 1006 without a closing handshake. */
  readonly code: number;
}

/** A run that begins. */
export interface RunBegun {
  /** Id of the conversation. */
  readonly conversationId: string;
  /** Kind of the agent, such as `Agent` or `ACPAgent`. */
  readonly agent: string;
  /** Name of the configured model. */
  readonly model: string;
}

/** A run that is over. */
export interface RunEnded {
  /** Status of the conversation, such as `finished`, `paused` or `error`. */
  readonly status: string;
}

/** A step that begins. */
export interface StepBegun {
  /** Id of the conversation. */
  readonly conversationId: string;
  /** Number of the step in its run, from 1. */
  readonly step: number;
}

/** A step that is done. */
export interface StepEnded {
  /** The outcome, such as `continue` or `finished`. */
  readonly outcome: string;
}

/** A call of a model that begins. */
export interface ModelCallBegun {
  /** Id of the conversation. */
  readonly conversationId: string;
  /** Name of the configured model, such as `openai/gpt-5`. */
  readonly model: string;
  /** Account that the call is booked on, such as `agent`. Clients choose it. */
  readonly usageId: string;
  /** Returns the last messages of the prompt as JSON, as many as fit into a bound, without secret values. */
  said(): Promise<string>;
}

/** A call of a model that has brought a reply. */
export interface ModelCallEnded {
  /** Name of the model that answered, as the provider writes it. */
  readonly model: string;
  /** The provider's id of the reply; empty where it gave none. */
  readonly replyId: string;
  /** Tokens; undefined where the provider has not counted them. */
  readonly tokens: ModelTokens | undefined;
  /** US dollars; undefined where the price is not known. */
  readonly cost: number | undefined;
  /** Seconds until the reply began; undefined for one that came whole. */
  readonly firstPieceSeconds: number | undefined;
  /** Whether the model has called tools. */
  readonly hasCalls: boolean;
  /** Returns the reply as JSON, without secret values. */
  said(): Promise<string>;
}

/** Tokens of a call. */
export interface ModelTokens {
  /** All of the prompt. */
  readonly input: number;
  /** All of the reply. */
  readonly output: number;
  /** Those of the prompt that came from a cache. */
  readonly cacheRead: number;
  /** Those of the prompt that were written to a cache. */
  readonly cacheWrite: number;
  /** Those of the reply that are reasoning. */
  readonly reasoning: number;
}

/** A call of a tool that begins. */
export interface ToolCallBegun {
  /** Id of the conversation. */
  readonly conversationId: string;
  /** Name of the tool. Those of MCP servers and of clients are names that users choose. */
  readonly tool: string;
  /** Id of the call, as the model gave it. */
  readonly callId: string;
  /** Returns the arguments as JSON, without secret values. */
  said(): Promise<string>;
}

/** A call of a tool that has brought an observation. */
export interface ToolCallEnded {
  /** Whether the observation is an error. */
  readonly isError: boolean;
  /** Returns the observation as JSON, without secret values. */
  said(): Promise<string>;
}

/** A change that is to be stored. */
export interface CommitBegun {
  /** Number of its events. */
  readonly events: number;
}

/** A conversation that is taken over. */
export interface TakeoverBegun {
  /** Id of the conversation. */
  readonly conversationId: string;
}

/** A request that is to be sent. */
export interface OutgoingBegun {
  /** The part of the other server. */
  readonly to: "model" | "mcp" | "webhook" | "node" | "workspace";
  /** Such as `POST`. */
  readonly method: string;
  /** The other server. */
  readonly url: URL;
}

/** A request whose answer has come. */
export interface OutgoingEnded {
  /** Status of HTTP; undefined where no answer has come. */
  readonly status: number | undefined;
}

/** The state of a server at one moment. */
export interface ServerSample {
  /** Version of this package. */
  readonly version: string;
  /** Conversations in memory. */
  readonly conversations: number;
  /** Runs that are active. */
  readonly activeRuns: number;
  /** Runs that wait for others to end. */
  readonly queuedRuns: number;
  /** Runs that may be active at once. */
  readonly runSlots: number;
  /** Commands of clients that are running. */
  readonly bashCommands: number;
  /** Whether the server is ready. */
  readonly isReady: boolean;
  /** The cluster; undefined for a server alone. */
  readonly cluster: ClusterSample | undefined;
  /** Messages to webhooks; undefined without any. */
  readonly webhooks: WebhookSample | undefined;
  /** Returns the space of the disk that has the data folder; undefined where it cannot be read in time. */
  diskSpace(): Promise<DiskSample | undefined>;
}

/** Messages to webhooks at one moment. */
export interface WebhookSample {
  /** Messages that wait. */
  readonly waiting: number;
  /** Seconds since the oldest of them was written, at most; 0 without any. */
  readonly oldestSeconds: number;
  /** Messages that were taken since the server has begun. */
  readonly delivered: number;
  /** Messages that were given up since then. */
  readonly dropped: number;
}

/** The space of a disk, in bytes. */
export interface DiskSample {
  /** Space that this process may still fill. */
  readonly free: number;
  /** All of it. */
  readonly size: number;
}

/** The state of a server in its cluster at one moment. */
export interface ClusterSample {
  /** Whether the others surely count this server as alive, so that it may write what it holds. */
  readonly isSure: boolean;
}
