/**
 * A message to the followers of a conversation: a stored event with its place in the log, an event that is not stored,
 * a piece of a reply, or the removal of the conversation, after which nothing follows. A piece comes in two forms, each
 * for its own watchers: `delta` is an event, `progress` a frame of session sockets.
 */
export type Frame =
  | { readonly kind: "event"; readonly seq: number; readonly text: string }
  | { readonly kind: "transient" | "delta" | "progress"; readonly text: string }
  | { readonly kind: "removed" };

/**
 * Carries frames from the server that writes a conversation to every server whose clients watch it. Part of a store,
 * because the servers that share a store are the ones that must hear of each other.
 *
 * - Followers get every frame published after they began to follow, each once and in the order of publication.
 * - `publish` is called for a stored event only after its commit has resolved. It never throws and never waits.
 */
export interface FrameRelay {
  /** Sends a frame to the followers of a conversation. */
  publish(conversationId: string, frame: Frame): void;
  /** Calls `take` with every frame from now on. Returns a function that ends this. */
  follow(conversationId: string, take: (frame: Frame) => void): () => void;
}
