import { replay } from "../events/replay.ts";
import type { Socket } from "../http/socket.ts";
import type { Store } from "../stores/store.ts";
import type { Conversation } from "./conversation.ts";
import { readFrame, toFrameError } from "./socket-message.ts";
import { SocketSession } from "./socket-session.ts";

/** Sockets of one conversation. */
const MAX_SOCKETS = 50;

/** Which past events a socket is sent before the live ones. */
export type Resend = { mode: "none" } | { mode: "all" } | { mode: "since"; timestamp: string };

export interface AttachOptions {
  store: Pick<Store, "events">;
  maxLagBytes: number;
  resend: Resend;
}

/**
 * Serves a socket until it closes: `full_state` first, then history as asked for, then what happens, without a gap
 * or a repetition. What the client sends is said to the agent, which then runs.
 */
export async function attachSocket(
  conversation: Conversation,
  socket: Socket,
  { store, maxLagBytes, resend }: AttachOptions,
): Promise<void> {
  const { sockets, session } = conversation;
  if (sockets.size >= MAX_SOCKETS) {
    socket.close(1013, "Too many connections for this conversation");
    return;
  }
  const { log } = session;
  const reader = log.subscribe();
  const untilSeq = log.lastSeq;
  const receive = async (data: string | Uint8Array) => {
    try {
      const content = readFrame(data);
      if (content !== undefined) await conversation.sendMessage(content, { run: true });
    } catch (error) {
      writer.send(log.toFrame({ kind: "ServerErrorEvent", source: "environment", ...toFrameError(error) }));
    }
  };
  const writer = new SocketSession({ socket, reader, maxLagBytes, onMessage: (data) => void receive(data) });
  sockets.add(writer);
  try {
    writer.send(log.toFrame(session.fullState()));
    await writer.write(history());
  } finally {
    sockets.delete(writer);
  }

  function history(): AsyncIterable<readonly string[]> {
    const { id } = session.state;
    const from = resend.mode === "since" ? resend.timestamp : undefined;
    return replay(store, id, { untilSeq: resend.mode === "none" ? -1 : untilSeq, fromTimestamp: from });
  }
}
