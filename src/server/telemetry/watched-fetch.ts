import type { Fetch } from "../../llm/provider-fetch.ts";
import type { OutgoingBegun } from "../../observing/observer.ts";
import type { Observers } from "../../observing/observers.ts";
import type { GuardedFetch } from "../../outbound/guarded-fetch.ts";
import type { AskPeer } from "../../outbound/peers/peer-request.ts";

type Receiver = OutgoingBegun["to"];

/** Shows requests to observers, which may add headers. */
export function watchedGuardedFetch(fetch: GuardedFetch, to: Receiver, observers: Observers): GuardedFetch {
  return (url, request) => {
    const begun = { to, method: request.method ?? "GET", url };
    return observers.watch("outgoing", begun, {
      work: () =>
        fetch(url, { ...request, headers: { ...request.headers, ...observers.traceHeaders(begun) } }),
      ended: ({ status }) => ({ status }),
    });
  };
}

/** As `watchedGuardedFetch`, for a `fetch` of the standard. */
export function watchedFetch(fetch: () => Promise<Fetch>, to: Receiver, observers: Observers): Fetch {
  return (target, init = {}) => {
    const url = new URL(target instanceof Request ? target.url : target);
    const begun = { to, method: init.method ?? "GET", url };
    return observers.watch("outgoing", begun, {
      async work() {
        const headers = Object.entries(observers.traceHeaders(begun));
        if (headers.length === 0) return (await fetch())(target, init);
        const all = new Headers(init.headers ?? (target instanceof Request ? target.headers : undefined));
        for (const [name, value] of headers) all.set(name, value);
        return (await fetch())(target, { ...init, headers: all });
      },
      ended: ({ status }) => ({ status }),
    });
  };
}

/** As `watchedGuardedFetch`, for requests to other nodes. What a client has sent of the same name is replaced. */
export function watchedPeers(ask: AskPeer, observers: Observers): AskPeer {
  if (!observers.watches("outgoing")) return ask;
  return (request) => {
    const begun = { to: "node", method: request.method, url: new URL(request.address) } as const;
    return observers.watch("outgoing", begun, {
      work() {
        const own = observers.traceHeaders(begun);
        const passed = request.headers.filter(([name]) => !Object.hasOwn(own, name));
        return ask({ ...request, headers: [...passed, ...Object.entries(own)] });
      },
      ended: (outcome) => ({ status: outcome.kind === "answered" ? outcome.status : undefined }),
    });
  };
}
