import type { Socket } from "../../http/socket.ts";
import { type Logger, silentLogger } from "../../logger.ts";
import type { openPeerSocket } from "../../outbound/peers/peer-socket.ts";
import type { FrameFeed } from "../../stores/relay/frame-feed.ts";
import { readSentText } from "./feed-message.ts";
import { NodeFollowers } from "./node-followers.ts";
import { NodeLink } from "./node-link.ts";

/** Milliseconds between looks at which nodes live, while something is followed. */
const LOOK_MS = 2_000;
/** Looks without anything followed after which links end: a page that is loaded again needs them. */
const IDLE_LOOKS = 5;

type Take = (text: string | undefined) => void;

/** Parts of the feed between nodes. */
export interface NodeFeedOptions {
  /** Base URLs of the living nodes but this one. */
  peers(): Promise<readonly string[]>;
  /** Opens the socket of a link. */
  open: typeof openPeerSocket;
  /** Headers that show the node at an address who asks. */
  credentials(address: string): Readonly<Record<string, string>>;
  /** Receives links that fail. Default: none. */
  logger?: Logger | undefined;
}

/**
 * The feed that nodes make by themselves: a node that has followers opens one socket to each living node, and says which
 * names it follows there. A text goes once to each node that follows its name. All nodes are asked, not only the owner
 * of a conversation, so that one that takes it over is followed already.
 *
 * A node that is slow loses texts and holds up nothing. A link that breaks is opened again, with growing pauses.
 */
export class NodeFeed implements FrameFeed {
  readonly #options: NodeFeedOptions;
  readonly #logger: Logger;
  readonly #followers = new NodeFollowers();
  readonly #links = new Map<string, NodeLink>();
  readonly #taking = new Map<string, Set<Take>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #idleLooks = 0;
  #isClosed = false;

  constructor(options: NodeFeedOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Serves the socket of another node, whose credentials were checked. */
  serve(socket: Socket): void {
    if (this.#isClosed) socket.close(1001, "Going away");
    else this.#followers.serve(socket);
  }

  publish(name: string, text: () => string): void {
    if (!this.#isClosed) this.#followers.publish(name, text);
  }

  follow(name: string, take: Take): () => void {
    const takes = this.#taking.get(name);
    const taker: Take = (text) => take(text);
    if (takes === undefined) this.#begin(name, taker);
    else takes.add(taker);
    return () => this.#end(name, taker);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#followers.close();
    this.#closeLinks();
  }

  #begin(name: string, take: Take): void {
    this.#taking.set(name, new Set([take]));
    for (const link of this.#links.values()) link.change(name, true);
    this.#idleLooks = 0;
    if (this.#timer === undefined && !this.#isLooking) void this.#look();
  }

  #end(name: string, take: Take): void {
    const takes = this.#taking.get(name);
    if (takes?.delete(take) !== true || takes.size > 0) return;
    this.#taking.delete(name);
    for (const link of this.#links.values()) link.change(name, false);
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    if (this.#isClosed) return;
    this.#idleLooks = this.#taking.size === 0 ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks > IDLE_LOOKS) {
      this.#closeLinks();
      return;
    }
    this.#isLooking = true;
    // While the store does not answer, the links stay.
    const peers = await this.#options.peers().catch(() => undefined);
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (peers !== undefined) this.#linkTo(new Set(peers));
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  #linkTo(peers: ReadonlySet<string>): void {
    for (const [address, link] of this.#links) {
      if (peers.has(address)) continue;
      this.#links.delete(address);
      link.close();
    }
    for (const address of peers) {
      if (!this.#links.has(address)) this.#links.set(address, this.#link(address));
    }
  }

  #link(address: string): NodeLink {
    const { open, credentials } = this.#options;
    return new NodeLink({
      address,
      open,
      credentials,
      names: () => this.#taking.keys(),
      take: (sent) => this.#take(sent),
      opened: () => this.#passAll(),
      failed: (reason) =>
        this.#logger.warn({ address, reason }, "Another node cannot be followed; its events are late"),
    });
  }

  /** Names that are not followed here, or no longer, are left out. */
  #take(sent: string): void {
    const read = readSentText(sent);
    if (read?.name === "") this.#passAll();
    else if (read !== undefined) this.#pass(read.name, read.text);
  }

  #passAll(): void {
    for (const name of [...this.#taking.keys()]) this.#pass(name, undefined);
  }

  #pass(name: string, text: string | undefined): void {
    for (const take of this.#taking.get(name) ?? []) take(text);
  }

  #closeLinks(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }
}
