import { AgentServerError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { DeferredStart } from "../../routes/init/init.ts";
import type { InitRequest, InitState, InitStatus } from "../../wire/init/init.ts";

export interface DeferredInitOptions {
  /** Starts the server with what it is given. Rejects, with nothing left behind, when it cannot. */
  start(request: InitRequest): Promise<void>;
  logger: Logger;
}

/** The way of a server from dormant to ready, once. Of two attempts at one moment, one is refused. */
export class DeferredInit implements DeferredStart {
  readonly #options: DeferredInitOptions;
  #state: InitState = "dormant";
  #error: string | null = null;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: DeferredInitOptions) {
    this.#options = options;
  }

  status(): InitStatus {
    return { state: this.#state, error: this.#error };
  }

  /** The refusal of a request that has to wait for the configuration; undefined once the server is ready. */
  refusal(): AgentServerError | undefined {
    if (this.#state === "ready") return undefined;
    return new AgentServerError(
      "unavailable",
      `server is in deferred-init state '${this.#state}'; call POST /api/init first`,
    );
  }

  async initialize(request: InitRequest): Promise<InitStatus> {
    if (this.#state !== "dormant") {
      throw new AgentServerError("bad_request", `server already in state: ${this.#state}`);
    }
    if (request.session_api_keys?.some((key) => key === "")) {
      throw new AgentServerError("unprocessable", "session_api_keys cannot contain empty keys");
    }
    this.#state = "initializing";
    this.#error = null;
    const starting = this.#options.start(request);
    this.#starting = starting.catch(() => undefined);
    try {
      await starting;
    } catch (error) {
      this.#error = `${error instanceof Error ? error.name : typeof error}: ${messageOf(error)}`;
      this.#state = "dormant";
      this.#options.logger.error(
        { error: messageOf(error) },
        "The server cannot be configured; it is dormant again",
      );
      throw new AgentServerError("internal", this.#error, { cause: error });
    }
    this.#state = "ready";
    return this.status();
  }

  /** Waits for an attempt that is being made. */
  settled(): Promise<void> {
    return this.#starting;
  }
}
