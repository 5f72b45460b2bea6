import { AgentServerError } from "../../errors.ts";
import type { Client } from "../../limits/client.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { Connect, MessageListener, Socket } from "../socket.ts";

/** Milliseconds after which a socket that was accepted and never came counts no more. */
const HANDSHAKE_LIMIT = 30_000;
/** Close code for what may be tried again later. */
const TRY_AGAIN_LATER = 1013;

/**
 * Counts a socket of a client until it closes, and its messages as requests. Past a limit it is refused, or closed with
 * 1013 and the reason. What messages lead to is done for the client.
 *
 * @throws AgentServerError `too_many_requests`
 */
export function limitedSocket(connect: Connect, client: Client, limiter: Limiter): Connect {
  const place = limiter.holdSocket(client);
  // A handshake that fails opens no socket.
  const unopened = setTimeout(() => place.release(), HANDSHAKE_LIMIT);
  unopened.unref();
  const counted = (socket: Socket) => {
    clearTimeout(unopened);
    socket.onClose(() => place.release());
    connect(withMessages(socket, (listener) => listenerFor(socket, { client, limiter, listener })));
  };
  const { maxFirstMessageBytes } = connect;
  return Object.assign(counted, maxFirstMessageBytes !== undefined && { maxFirstMessageBytes });
}

interface Listening {
  client: Client;
  limiter: Limiter;
  listener: MessageListener;
}

function listenerFor(socket: Socket, { client, limiter, listener }: Listening): MessageListener {
  return (data) => {
    try {
      limiter.takeRequest(client);
    } catch (error) {
      if (!AgentServerError.is(error)) throw error;
      socket.close(TRY_AGAIN_LATER, error.message);
      return;
    }
    limiter.within(client, () => listener(data));
  };
}

/** The same socket, with another listener in place of each that is set. */
function withMessages(socket: Socket, wrapped: (listener: MessageListener) => MessageListener): Socket {
  return {
    send: (text) => socket.send(text),
    sendBytes: (bytes) => socket.sendBytes(bytes),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    drained: () => socket.drained(),
    close: (code, reason) => socket.close(code, reason),
    onMessage: (listener) => socket.onMessage(listener && wrapped(listener)),
    onClose: (listener) => socket.onClose(listener),
  };
}
