import type { Socket } from "../../http/socket.ts";
import { readFollowText, toSentText } from "./feed-message.ts";

/** Names that one node may follow. */
const MAX_FOLLOWED = 50_000;
/** Bytes that wait for the network of one node, past which texts for it are dropped. */
const MAX_LAG_BYTES = 8 * 1024 * 1024;
/** Names of dropped texts that are noted one by one. */
const MAX_MISSED = 1_000;

/** The nodes that follow what this one publishes, each by one socket. */
export class NodeFollowers {
  readonly #byName = new Map<string, Set<NodeFollower>>();
  readonly #all = new Set<NodeFollower>();

  /** Number of nodes. */
  get size(): number {
    return this.#all.size;
  }

  /** Serves the socket of another node until it closes. A node that says something strange is closed with 1008. */
  serve(socket: Socket): void {
    const follower = new NodeFollower(socket);
    this.#all.add(follower);
    socket.onClose(() => this.#forget(follower));
    socket.onMessage((data) => this.#receive(data, follower));
  }

  /** Sends a text, once to each node that follows the name. */
  publish(name: string, text: () => string): void {
    const followers = this.#byName.get(name);
    if (followers === undefined) return;
    const sent = toSentText(name, text());
    for (const follower of followers) follower.send(name, sent);
  }

  /** Ends every socket. */
  close(): void {
    for (const { socket } of [...this.#all]) socket.close(1001, "Going away");
  }

  #receive(data: string | Uint8Array, follower: NodeFollower): void {
    const { names, socket } = follower;
    const request = readFollowText(data);
    if (request === undefined || names.size + request.follow.length > MAX_FOLLOWED) {
      socket.close(1008, "Not a request of a node");
      return;
    }
    for (const name of request.unfollow) this.#remove(name, follower);
    for (const name of request.follow) this.#add(name, follower);
  }

  #add(name: string, follower: NodeFollower): void {
    follower.names.add(name);
    const followers = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, followers.add(follower));
  }

  #remove(name: string, follower: NodeFollower): void {
    follower.names.delete(name);
    const followers = this.#byName.get(name);
    followers?.delete(follower);
    if (followers?.size === 0) this.#byName.delete(name);
  }

  #forget(follower: NodeFollower): void {
    this.#all.delete(follower);
    for (const name of [...follower.names]) this.#remove(name, follower);
  }
}

/** One node. When its network is slow, it loses texts and learns of which. */
class NodeFollower {
  readonly socket: Socket;
  readonly names = new Set<string>();
  /** Names of texts that were dropped; "" stands for all. */
  readonly #missed = new Set<string>();

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(name: string, sent: string): void {
    if (this.#missed.size === 0 && this.socket.bufferedAmount <= MAX_LAG_BYTES) this.socket.send(sent);
    else this.#miss(name);
  }

  #miss(name: string): void {
    if (this.#missed.size === 0) void this.#report();
    this.#missed.add(this.#missed.size < MAX_MISSED ? name : "");
  }

  /** Texts are dropped until the network has taken everything; then the node looks at what it has missed. */
  async #report(): Promise<void> {
    await this.socket.drained();
    const names = this.#missed.has("") ? [""] : [...this.#missed];
    this.#missed.clear();
    for (const name of names) this.socket.send(toSentText(name));
  }
}
