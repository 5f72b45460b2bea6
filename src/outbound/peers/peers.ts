import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { once } from "../../once.ts";
import { Exchange } from "./exchange.ts";
import type { PeerOutcome, PeerRequest } from "./peer-request.ts";

/** Connections to one node that requests use at the same time. */
const MAX_CONNECTIONS = 1_024;
/** Connections to one node that are kept for later. */
const MAX_IDLE = 64;
/**
 * Milliseconds that a connection is kept. What has come to an end at the other side without a word, as with a machine
 * that lost its power, is noticed by the next request, which may not be sent again.
 */
const IDLE_LIMIT = 4_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** The other nodes of a cluster, as servers that requests are passed on to. */
export class Peers {
  readonly #agents: (HttpAgent | HttpsAgent)[] = [];
  readonly #http = once(() => this.#plain());
  readonly #https = once(() => this.#secure());

  /**
   * Sends a request as it is, and gives the answer as it comes: nothing is unpacked, no redirect is followed, and no
   * proxy of the environment is used. Rejects only with the reason of the signal.
   */
  async ask({ address, target, method, headers, body, signal }: PeerRequest): Promise<PeerOutcome> {
    signal.throwIfAborted();
    const url = new URL(address);
    const path = url.pathname === "/" ? target : url.pathname + target;
    const { request, agent } = url.protocol === "https:" ? this.#https() : this.#http();
    const asked = request(url, {
      // As it is: a URL would change the spelling of some paths.
      path,
      method,
      signal,
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
      setHost: !headers.some(([name]) => name === "host"),
    });
    for (const [name, value] of headers) asked.appendHeader(name, value);
    return new Exchange(asked, signal).run(body);
  }

  /** Ends the connections that are kept. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #plain() {
    const { request, Agent } = process.getBuiltinModule("node:http");
    return { request, agent: this.#kept(new Agent(OF_AGENTS)) };
  }

  #secure() {
    const { request, Agent } = process.getBuiltinModule("node:https");
    return { request, agent: this.#kept(new Agent(OF_AGENTS)) };
  }

  #kept<T extends HttpAgent | HttpsAgent>(agent: T): T {
    this.#agents.push(agent);
    return agent;
  }
}

const OF_AGENTS = {
  ...{ keepAlive: true, maxSockets: MAX_CONNECTIONS, maxFreeSockets: MAX_IDLE },
  // Of a connection that is in use it ends nothing.
  timeout: IDLE_LIMIT,
} as const;
