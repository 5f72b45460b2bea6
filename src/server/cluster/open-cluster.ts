import { NodeFeed } from "../../cluster/feed/node-feed.ts";
import { FEED_TARGET } from "../../cluster/feed/node-link.ts";
import { Errands } from "../../cluster/forwarding/errands.ts";
import { Forwarding } from "../../cluster/forwarding/forwarding.ts";
import { KeptBytes } from "../../cluster/forwarding/kept-body.ts";
import { LivingNodes } from "../../cluster/forwarding/living-nodes.ts";
import { Messages, type SentMessage } from "../../cluster/forwarding/messages.ts";
import { NodeRequests, type ReachedNode } from "../../cluster/forwarding/node-requests.ts";
import { type HeldConversations, Owners } from "../../cluster/forwarding/owners.ts";
import { MembershipProofs, PROOF_HEADER } from "../../cluster/membership-proof.ts";
import { NodeOwnership } from "../../cluster/node-ownership.ts";
import type { AgentServerError } from "../../errors.ts";
import type { Dispatch } from "../../http/route/dispatch.ts";
import type { Socket } from "../../http/socket.ts";
import type { Observers } from "../../observing/observers.ts";
import { openPeerSocket } from "../../outbound/peers/peer-socket.ts";
import { Peers } from "../../outbound/peers/peers.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { FrameRelay } from "../../stores/frame-relay.ts";
import type { Ownership } from "../../stores/ownership.ts";
import { sharedRelay } from "../../stores/relay/shared-relay.ts";
import type { Store } from "../../stores/store.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { watchedPeers } from "../telemetry/watched-fetch.ts";
import { Admission } from "./admission.ts";

/** Milliseconds that another node has to release a conversation. */
const YIELD_LIMIT = 2_000;

/** One server as a part of its cluster. */
export interface Cluster {
  /** The claims of the store, for a node that the others reach. */
  readonly ownership: Ownership;
  /** Carries what is published to the watchers at every server. */
  readonly relay: FrameRelay;
  /** Resolves once this server may take part. Rejects where its secret key is not that of the others. */
  admitted(): Promise<void>;
  /** Why nothing is served. undefined once this server takes part. */
  refusal(): AgentServerError | undefined;
  /** Whether the others surely count this server as alive. */
  isSure(): boolean;
  /** The refusal of a request of this path; undefined for one that another node has sent. */
  refusalOf(request: Request, pathname: string): AgentServerError | undefined;
  /** Serves the socket of another node that follows this one. undefined where something else carries frames. */
  readonly followedBy: ((socket: Socket) => void) | undefined;
  /** The ways of requests and messages to the node that has their conversation. */
  serve(conversations: HeldConversations): {
    dispatch: Dispatch;
    passMessage(message: SentMessage): Promise<void>;
  };
  /** No longer waits to be admitted, and leaves what is not in memory yet to the others. */
  leave(): void;
  /** Requests wait no longer for their node: they are answered before the port closes. */
  stopWaiting(): void;
  /** Ends connections to other nodes. */
  close(): Promise<void>;
}

export interface OpenClusterParts {
  store: Store;
  cipher: Cipher | undefined;
  observers: Observers;
}

/** Makes a server a part of its cluster; undefined for a server alone. */
export function openCluster(
  options: ResolvedOptions,
  { store, cipher, observers }: OpenClusterParts,
): Cluster | undefined {
  const { cluster, secretKey, previousSecretKeys, clock, logger } = options;
  if (cluster === null || cipher === undefined || secretKey === undefined) return undefined;
  const { address } = cluster;
  const now = () => clock.now();
  const proofs = new MembershipProofs({ secretKeys: [secretKey, ...previousSecretKeys], address, now });
  const peers = new Peers();
  const living = new LivingNodes(store.ownership);
  const requests = new NodeRequests({
    ...{ proofs, living, now },
    ask: watchedPeers((request) => peers.ask(request), observers),
    unreached: (other, reason) =>
      logger.warn({ address: other, reason }, "A server of the cluster cannot be reached"),
  });
  const ownership = new NodeOwnership({
    ownership: store.ownership,
    address,
    askToYield: (owner, id) => askToYield(requests, owner, id),
  });
  let isLeaving = false;
  const ending = new AbortController();
  const admission = new Admission({ documents: store.documents, cipher, logger });
  const nodeFeed = cluster.feed === undefined ? feedBetween(options, { store, proofs, address }) : undefined;
  const feed = cluster.feed ?? nodeFeed;
  return {
    ownership,
    relay: sharedRelay({ store, feed, logger }),
    followedBy: nodeFeed && ((socket) => nodeFeed.serve(socket)),
    admitted: admission.admitted,
    refusal: () => admission.refusal(),
    isSure: () => ownership.isSure(),
    refusalOf: ({ method, headers }, target) =>
      proofs.refusalOf(headers.get(PROOF_HEADER), { method, target }),
    serve(conversations) {
      const owners = new Owners({ ownership, conversations, isLeaving: () => isLeaving, now });
      const errands = new Errands({ owners, ownership, address, ending: ending.signal, now });
      const newId = () => clock.newId();
      const forwarding = new Forwarding({
        ...{ owners, errands, ownership, requests, proofs, newId },
        kept: new KeptBytes(),
        missed: (other, reason) =>
          logger.warn({ address: other, reason }, "A server of the cluster lacks a login"),
      });
      const messages = new Messages({ errands, requests, newId });
      return { dispatch: forwarding.dispatch, passMessage: (message) => messages.send(message) };
    },
    leave() {
      isLeaving = true;
      admission.close();
    },
    stopWaiting: () => ending.abort(),
    close: async () => {
      peers.close();
      await feed?.close?.();
    },
  };
}

interface FeedParts {
  store: Store;
  proofs: MembershipProofs;
  address: string;
}

/** The feed that nodes make by themselves. */
function feedBetween({ logger }: ResolvedOptions, { store, proofs, address }: FeedParts): NodeFeed {
  return new NodeFeed({
    peers: async () => {
      const addresses = (await store.ownership.nodes()).map((node) => node.address ?? address);
      return addresses.filter((other) => other !== address);
    },
    open: openPeerSocket,
    credentials: (other) => ({
      [PROOF_HEADER]: proofs.proofFor({ method: "GET", target: FEED_TARGET }, other),
    }),
    logger,
  });
}

/** Whatever comes of it: the next claim shows. */
async function askToYield(requests: NodeRequests, owner: ReachedNode, id: string): Promise<void> {
  const target = `/cluster/conversations/${id}/yield`;
  const signal = AbortSignal.timeout(YIELD_LIMIT);
  const asked = await requests
    .send(owner, { method: "POST", target, headers: [], body: null, signal })
    .catch(() => undefined);
  if (asked?.kind === "answered") await asked.body?.cancel();
}
