import { AgentServerError, isBindingRequired, messageOf } from "../errors.ts";
import type { FeedForm } from "../events/feeds/frame-texts.ts";
import { toEventTimestamp } from "../events/timestamp.ts";
import type { Watch } from "../events/watch.ts";
import type { Socket } from "../http/socket.ts";
import type { Logger } from "../logger.ts";
import type { Content } from "../wire/events/message.ts";
import { ReceiveBudget } from "./receive-budget.ts";
import { readFrame, toFrameError } from "./socket-frame.ts";
import type { SocketPlaces } from "./socket-places.ts";
import { SocketWriter } from "./socket-writer.ts";

/** Bytes that a socket may lag behind by default. */
const MAX_LAG_BYTES = 4 * 1024 * 1024;

/** Which past events a socket is sent before the live ones. */
export interface SocketRequest {
  resend: "none" | "all" | "since";
  /** ISO time for `since`; without one, nothing of the past is sent. */
  after?: string | undefined;
  /** Whether messages of the client are refused. Default: false. */
  readOnly?: boolean | undefined;
}

/** The part of conversations that sockets need. */
export interface WatchedConversations {
  /**
   * Starts watching, as events by default; undefined for an unknown conversation. Rejects with `binding_required` for one
   * that is kept closed.
   */
  watch(id: string, form?: FeedForm): Promise<Watch | undefined>;
  /** Appends a message of the user and starts a run. Resolves once the message is stored. */
  say(id: string, content: Content[]): Promise<void>;
}

/** Services for the sockets of conversations, of either kind. */
export interface ConversationSocketsOptions {
  conversations: WatchedConversations;
  logger: Logger;
  /** The places of all sockets of conversations. */
  places: SocketPlaces;
  /** Bytes a socket may lag behind before it is closed with 1013. Default: 4 MiB, of session sockets 16 MiB. */
  maxLagBytes?: number | undefined;
}

/**
 * The event sockets of one server. A socket reads store and feed; only a message from its client opens the
 * conversation.
 */
export class EventSockets {
  readonly #options: ConversationSocketsOptions;

  constructor(options: ConversationSocketsOptions) {
    this.#options = options;
  }

  /**
   * Serves a socket until it closes: `full_state` first, then history as requested, then live events, without a gap or
   * a repetition. Never rejects: closes with 4004 for an unknown or removed conversation; with 1013 for one that is kept
   * closed, for one socket too many and one too slow; with 1001 when the server closes.
   */
  async serve(id: string, socket: Socket, request: SocketRequest): Promise<void> {
    const release = this.#options.places.take(id);
    if (release === undefined) return socket.close(1013, "Too many connections for this conversation");
    try {
      await this.#serve(id, socket, request);
    } catch (error) {
      if (isBindingRequired(error)) return socket.close(1013, error.message);
      this.#options.logger.error({ conversation_id: id, error: messageOf(error) }, "A socket failed");
      socket.close(1011, "Internal error");
    } finally {
      release();
    }
  }

  async #serve(id: string, socket: Socket, request: SocketRequest): Promise<void> {
    const { conversations, maxLagBytes = MAX_LAG_BYTES } = this.#options;
    const watch = await conversations.watch(id);
    if (watch === undefined) return socket.close(4004, "Conversation not found");
    const receive = receiver({
      say: (content) => (request.readOnly ? refuseToSay() : conversations.say(id, content)),
      watch,
    });
    const writer: SocketWriter = new SocketWriter({
      socket,
      reader: watch.reader,
      maxLagBytes,
      onMessage: (data) => void receive(data, writer),
    });
    try {
      writer.send(watch.fullState);
      await writer.write(historyFor(watch, request));
    } finally {
      watch.reader.close();
    }
  }
}

/** Refuses the message of a client that may only watch. */
export async function refuseToSay(): Promise<never> {
  throw new AgentServerError("forbidden", "This needs the scope 'write'; the caller has 'read'");
}

interface ReceiverOptions {
  say(content: Content[]): Promise<void>;
  watch: Watch;
}

/** Takes the messages of one client. A message that is refused is answered with a `ServerErrorEvent`. */
function receiver({ say, watch }: ReceiverOptions) {
  const budget = new ReceiveBudget();
  return async (data: string | Uint8Array, writer: SocketWriter): Promise<void> => {
    const done = budget.take(data);
    if (done === undefined) return writer.close(1013, "Too many messages at once");
    try {
      const content = readFrame(data);
      if (content !== undefined) await say(content);
    } catch (error) {
      const fault = toFrameError(error);
      writer.send(watch.toText({ kind: "ServerErrorEvent", source: "environment", ...fault }));
    } finally {
      done();
    }
  };
}

async function* historyFor(
  watch: Watch,
  { resend, after }: SocketRequest,
): AsyncGenerator<readonly string[], void, void> {
  if (resend === "all") yield* watch.history();
  const fromTimestamp = resend === "since" && after !== undefined ? toEventTimestamp(after) : undefined;
  if (fromTimestamp !== undefined) yield* watch.history(fromTimestamp);
}
