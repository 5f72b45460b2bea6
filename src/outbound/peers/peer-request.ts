/** A request to another node of the cluster. */
export interface PeerRequest {
  /** Base URL of the node, without a slash at its end. */
  address: string;
  /** Path below it, with the query, as it is sent. */
  target: string;
  method: string;
  /** Lower-case names. */
  headers: readonly (readonly [name: string, value: string])[];
  /** For one reader. */
  body: AsyncIterable<Uint8Array> | null;
  signal: AbortSignal;
}

/** The beginning of an answer. */
export interface PeerAnswer {
  readonly kind: "answered";
  readonly status: number;
  /** Without those of the connection. */
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Resolves when the answer has come to its end, or will not. */
  readonly ended: Promise<void>;
}

/**
 * How a request has ended. `unsent`: the node was not reached, so that it did nothing. `lost`: it may have done what it
 * was asked for, and no answer came that can be read.
 */
export type PeerOutcome = PeerAnswer | { readonly kind: "unsent" | "lost"; readonly reason: string };

/** Sends requests to other nodes. Rejects only with the reason of the signal. */
export type AskPeer = (request: PeerRequest) => Promise<PeerOutcome>;
