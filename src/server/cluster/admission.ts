import { setTimeout as sleep } from "node:timers/promises";
import { checkCanary } from "../../cluster/canary.ts";
import { AgentServerError, closingError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { once } from "../../once.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { DocumentStore } from "../../stores/documents.ts";

/** Attempts to reach the store, and milliseconds between two of them. */
const MAX_TRIES = 30;
const PAUSE = 1_000;

export interface AdmissionOptions {
  documents: DocumentStore;
  cipher: Cipher;
  logger: Logger;
}

/** The admission of a server to its cluster, by its secret key. Until then nothing that needs credentials is served. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #closing = new AbortController();
  #state: "waiting" | "admitted" | AgentServerError = "waiting";

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Resolves once the server is admitted. Rejects with `conflict` for another key, and when the store is not there. */
  readonly admitted: () => Promise<void> = once(() => {
    const admission = this.#admit();
    // Who waits for it hears of it.
    admission.catch(() => undefined);
    return admission;
  });

  /** Why nothing is served. undefined once the server is admitted. */
  refusal(): AgentServerError | undefined {
    if (this.#state === "admitted") return undefined;
    if (this.#state !== "waiting") return new AgentServerError("unavailable", this.#state.detail);
    return new AgentServerError("unavailable", "The server is not part of its cluster yet", {
      headers: { "retry-after": "1" },
    });
  }

  /** Gives up. */
  close(): void {
    this.#closing.abort(closingError("The server is closing"));
  }

  async #admit(): Promise<void> {
    try {
      await this.#check();
      this.#state = "admitted";
    } catch (error) {
      this.#state = AgentServerError.is(error)
        ? error
        : new AgentServerError("unavailable", messageOf(error));
      this.#options.logger.error({ error: messageOf(error) }, "The server is not admitted to its cluster");
      throw error;
    }
  }

  /** A store that cannot be read yet may be there in a moment. */
  async #check(): Promise<void> {
    const { signal } = this.#closing;
    for (let tries = 1; ; tries += 1) {
      try {
        return await checkCanary(this.#options);
      } catch (error) {
        const isFinal = AgentServerError.is(error) && error.code === "conflict";
        if (isFinal || tries === MAX_TRIES) throw error;
        this.#options.logger.warn({ error: messageOf(error) }, "The store of the cluster cannot be read yet");
      }
      await sleep(PAUSE, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
