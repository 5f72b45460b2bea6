import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, ROOT_CONTEXT } from "@opentelemetry/api";

/**
 * The context of what is being done. It is the active one of the process where a host has registered what keeps it, as
 * every SDK does, so that spans of the host's own code fit in. It is kept here too, for hosts that have not.
 */
export class ActiveContext {
  readonly #own = new AsyncLocalStorage<Context>();

  get(): Context {
    const active = context.active();
    return active === ROOT_CONTEXT ? (this.#own.getStore() ?? active) : active;
  }

  /** Begins work that belongs to a context. */
  enter<T>(entered: Context, work: () => T): T {
    return this.#own.run(entered, () => context.with(entered, work));
  }
}
