/** Where a frame that is not stored belongs: its order in the log. */
export interface FramePlace {
  /** Number of events that were stored before the frame. */
  readonly at: number;
  /** Counted from 0 behind each stored event. Each claim starts again at 0. */
  readonly nth: number;
}

/** The text of a frame and who has published it. */
interface Written {
  /** JSON text. */
  readonly text: string;
  /** Fence of the claim under which the log is written. Left out by logs without one. */
  readonly fence?: number | undefined;
}

/** An event that is not stored, or a piece of a reply. */
export interface UnstoredFrame extends Written {
  /** `transient`: an event that is not stored. The others are pieces of a reply, each for other watchers. */
  readonly kind: "transient" | "delta" | "progress";
  /** Left out by a frame that belongs to no moment of a log. */
  readonly place?: FramePlace | undefined;
}

/** A stored event with its place in the log. */
export interface EventFrame extends Written {
  /** Tells it from other frames. */
  readonly kind: "event";
  /** Place in the log: 0, 1, 2 … */
  readonly seq: number;
}

/** A frame with a text. */
export type TextFrame = EventFrame | UnstoredFrame;

/**
 * A message to the followers of a conversation: a stored event, an event that is not stored, a piece of a reply, or an
 * end, after which nothing follows. A piece comes in two forms, each for its own watchers: `delta` is an event,
 * `progress` a frame of session sockets. `removed`: the conversation is gone. `ended`: its log is no longer the one that
 * was followed, as after the loss of its last events, and has to be followed again.
 */
export type Frame = TextFrame | { readonly kind: "removed" | "ended" };

/** The place of one follower. */
export interface Following {
  /**
   * Resolves once every frame published from then on comes: with logs that other processes write, that takes a moment.
   * Rejects when the store cannot be read; then nothing comes.
   */
  readonly begun: Promise<void>;
  /** Ends the calls. A second time is fine. */
  end(): void;
}

/** The name under which the bash events of the server are published. No conversation has it. */
export const BASH_EVENTS = "bash-events";

/**
 * Carries frames from the server that writes a conversation to every server whose clients watch it. Part of a store,
 * because the servers that share a store are the ones that must hear of each other.
 *
 * - Followers get every stored event published after they began to follow, each once and in the order of the log.
 * - They get other frames of a log once and in the order of publication. What another process has published may be lost
 *   on the way; pieces of a reply of which one is lost stop until the next stored event.
 * - `publish` is called for a stored event only after its commit has resolved. It never throws and never waits.
 * - Followers of `BASH_EVENTS` get every bash event of the server that is stored after they began to follow, once.
 * - Other names that are not conversation ids are channels without a log: their frames come as they arrive. What another
 *   process has published may be lost, and without a place it may come twice.
 */
export interface FrameRelay {
  /** Sends a frame to the followers of a conversation. */
  publish(conversationId: string, frame: Frame): void;
  /** Calls `take` with every frame from the moment on in which the following has begun, or a little before. */
  follow(conversationId: string, take: (frame: Frame) => void): Following;
}
