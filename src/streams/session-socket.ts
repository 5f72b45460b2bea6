import { isBindingRequired, messageOf } from "../errors.ts";
import { durableText, frameText, transientFrameText } from "../events/feeds/frame-texts.ts";
import type { Watch } from "../events/watch.ts";
import type { Socket } from "../http/socket.ts";
import type { Content } from "../wire/events/message.ts";
import { type ConversationSocketsOptions, refuseToSay } from "./event-socket.ts";
import { ReceiveBudget } from "./receive-budget.ts";
import { readFrame, toFrameError } from "./socket-frame.ts";
import { SocketWriter } from "./socket-writer.ts";

/** Bytes of a frame past which the socket is closed. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Bytes that a socket may lag behind by default. */
const MAX_LAG_BYTES = 4 * MAX_FRAME_BYTES;

/** The part of a conversation that a session socket is asked for. */
export interface SessionRequest {
  /** Place of the last event that the client has; -1 for none. Without it nothing of the past is sent. */
  afterSeq: number | undefined;
  /** Whether messages of the client are refused. Default: false. */
  readOnly?: boolean;
}

/**
 * The session sockets of one server: one ordered channel of frames for each client, with a cursor by which it resumes.
 * A socket reads store and feed; only a message from its client opens the conversation.
 */
export class SessionSockets {
  readonly #options: ConversationSocketsOptions;

  constructor(options: ConversationSocketsOptions) {
    this.#options = options;
  }

  /**
   * Serves a socket until it closes: `sync`, the events behind `afterSeq`, the state, then everything live, without a
   * gap or a repetition. Without `afterSeq` nothing of the past is sent. Never rejects: closes with 4004 for an unknown
   * or removed conversation; with 1013 for one that is kept closed, one socket too many, one too slow and a frame too
   * large; with 1001 when the server closes.
   */
  async serve(id: string, socket: Socket, request: SessionRequest): Promise<void> {
    const release = this.#options.places.take(id);
    if (release === undefined) return socket.close(1013, "Too many connections for this conversation");
    try {
      await this.#serve(id, socket, request);
    } catch (error) {
      if (isBindingRequired(error)) return socket.close(1013, error.message);
      this.#options.logger.error({ conversation_id: id, error: messageOf(error) }, "A session socket failed");
      socket.close(1011, "subscribe_failed");
    } finally {
      release();
    }
  }

  async #serve(id: string, socket: Socket, { afterSeq, readOnly = false }: SessionRequest): Promise<void> {
    const { conversations, maxLagBytes = MAX_LAG_BYTES } = this.#options;
    const watch = await conversations.watch(id, "session");
    if (watch === undefined) return socket.close(4004, "Conversation not found");
    const receive = receiver((content) => (readOnly ? refuseToSay() : conversations.say(id, content)));
    const writer: SocketWriter = new SocketWriter({
      socket,
      reader: watch.reader,
      maxLagBytes,
      lagReason: "slow_consumer",
      maxFrameBytes: MAX_FRAME_BYTES,
      onMessage: (data) => void receive(data, writer),
    });
    try {
      writer.send(syncText(watch, afterSeq));
      await writer.write(pastOf(watch, afterSeq));
    } finally {
      watch.reader.close();
    }
  }
}

/** The first frame. */
function syncText({ lastSeq }: Watch, afterSeq: number | undefined): string {
  return frameText({
    type: "sync",
    ...(afterSeq !== undefined && { from_seq: afterSeq }),
    ...(lastSeq >= 0 && { through_seq: lastSeq }),
  });
}

/** Everything else that a client is sent before what is live. */
async function* pastOf(
  watch: Watch,
  afterSeq: number | undefined,
): AsyncGenerator<readonly string[], void, void> {
  if (afterSeq !== undefined) {
    for await (const page of watch.historyAfter(afterSeq)) {
      yield page.map(({ seq, json }) => durableText(seq, json));
    }
  }
  yield [transientFrameText(watch.fullState)];
}

/** Takes the messages of one client. A message that is refused is answered with an `error` frame. */
function receiver(say: (content: Content[]) => Promise<void>) {
  const budget = new ReceiveBudget();
  return async (data: string | Uint8Array, writer: SocketWriter): Promise<void> => {
    const done = budget.take(data);
    if (done === undefined) return writer.close(1013, "Too many messages at once");
    try {
      const content = readFrame(data);
      if (content !== undefined) await say(content);
    } catch (error) {
      writer.send(frameText({ type: "error", ...toFrameError(error) }));
    } finally {
      done();
    }
  };
}
