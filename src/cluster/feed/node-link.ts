import { setTimeout as sleep } from "node:timers/promises";
import type { openPeerSocket, PeerSocket } from "../../outbound/peers/peer-socket.ts";
import { type FollowRequest, toFollowTexts } from "./feed-message.ts";

/** Milliseconds before the second attempt to reach a node; each further one waits twice as long, up to the last figure. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds after which a link that has broken was a good one. */
const GOOD_LINK = 5_000;
/** Bytes that wait for a node that does not read. Its link is opened again then. */
const MAX_LAG_BYTES = 16 * 1024 * 1024;

/** Path at which nodes are followed. */
export const FEED_TARGET = "/cluster/feed";

export interface NodeLinkOptions {
  /** Base URL of the node. */
  readonly address: string;
  readonly open: typeof openPeerSocket;
  /** Headers that show the node who asks. */
  credentials(address: string): Readonly<Record<string, string>>;
  /** The names that are followed. */
  names(): Iterable<string>;
  take(sent: string): void;
  /** Called when the link has been opened, at first and again: texts may have been missed until then. */
  opened(): void;
  /** Called when the node cannot be reached, once until a link has lasted. */
  failed(reason: string): void;
}

/** The socket by which one other node is followed, opened again each time it breaks. */
export class NodeLink {
  readonly #options: NodeLinkOptions;
  readonly #closing = new AbortController();
  #socket: PeerSocket | undefined;
  #changed: { follow: Set<string>; unfollow: Set<string> } | undefined;

  constructor(options: NodeLinkOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Passes on that a name is followed, or no longer. */
  change(name: string, isFollowed: boolean): void {
    if (this.#socket === undefined) return;
    if (this.#changed === undefined) queueMicrotask(() => this.#sendChanges());
    this.#changed ??= { follow: new Set(), unfollow: new Set() };
    const { follow, unfollow } = this.#changed;
    (isFollowed ? follow : unfollow).add(name);
    (isFollowed ? unfollow : follow).delete(name);
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let pause = FIRST_PAUSE;
    let isReported = false;
    while (!signal.aborted) {
      const openedAt = performance.now();
      const reason = await this.#live().catch(String);
      const isGood = performance.now() - openedAt > GOOD_LINK;
      if (isGood) pause = FIRST_PAUSE;
      if (signal.aborted) return;
      if (!isReported && !isGood) this.#options.failed(reason);
      isReported = !isGood;
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** One socket from its opening to its end. Resolves with the reason of the end. */
  async #live(): Promise<string> {
    const { address, open, credentials, names, take, opened } = this.#options;
    const ended = Promise.withResolvers<string>();
    const socket = await open({
      address,
      target: FEED_TARGET,
      headers: credentials(address),
      signal: this.#closing.signal,
      take,
      closed: ended.resolve,
    });
    if (socket === undefined) return ended.promise;
    this.#socket = socket;
    this.#send({ follow: [...names()], unfollow: [] });
    opened();
    const reason = await ended.promise;
    this.#socket = undefined;
    this.#changed = undefined;
    return reason;
  }

  #sendChanges(): void {
    const changed = this.#changed;
    this.#changed = undefined;
    if (changed !== undefined) this.#send({ follow: [...changed.follow], unfollow: [...changed.unfollow] });
  }

  #send(request: FollowRequest): void {
    for (const text of toFollowTexts(request)) this.#socket?.send(text);
    if ((this.#socket?.bufferedAmount ?? 0) > MAX_LAG_BYTES) this.#socket?.close();
  }
}
