import type { WebSocket } from "ws";

/** The other end of a bridged socket, a program of this machine. */
export interface ProxiedSocket {
  send(text: string): void;
  sendBytes(bytes: Uint8Array): void;
  /** Bytes queued and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Resolves when everything queued is handed to the network, or the socket is closed. */
  drained(): Promise<void>;
  close(code?: number, reason?: string): void;
  /** Sets the one listener. While there is none the program is not read. */
  onMessage(listener: ((data: string | Uint8Array) => void) | null): void;
  /** Adds a listener. An abnormal end has code 1006. */
  onClose(listener: (code: number, reason: string) => void): void;
}

export interface ProxiedSocketRequest {
  port: number;
  /** Path and query. */
  target: string;
  /** The protocol that the server agrees on with the client. undefined for none. */
  protocol: string | undefined;
}

/** Bytes of one message, as for sockets of this server. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const HANDSHAKE_LIMIT = 10_000;

/** Opens a socket to a port of the loopback interface. Rejects where it is refused. */
export async function proxiedSocket({
  port,
  target,
  protocol,
}: ProxiedSocketRequest): Promise<ProxiedSocket> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, protocol === undefined ? [] : [protocol], {
    ...{ maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false, followRedirects: false },
    handshakeTimeout: HANDSHAKE_LIMIT,
  });
  const opened = Promise.withResolvers<void>();
  // `ws` closes the socket after an error. Without a listener the error would end the process.
  socket.on("error", opened.reject);
  socket.once("open", () => {
    socket.pause();
    opened.resolve();
  });
  await opened.promise;
  return toProxiedSocket(socket);
}

function toProxiedSocket(socket: WebSocket): ProxiedSocket {
  let listener: ((data: string | Uint8Array) => void) | null = null;
  // A pause comes into force behind the frames that were read together.
  const waiting: (string | Uint8Array)[] = [];
  let sent: Promise<void> = Promise.resolve();
  socket.on("message", (data: Buffer, isBinary) => {
    const frame = isBinary ? data : data.toString();
    if (listener === null) waiting.push(frame);
    else listener(frame);
  });
  const send = (data: string | Uint8Array) => {
    if (socket.readyState !== socket.OPEN) return;
    sent = new Promise((resolve) => socket.send(data, () => resolve()));
  };
  return {
    send,
    sendBytes: send,
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    drained: () => sent,
    close: (code, reason) => socket.close(code, reason),
    onMessage: (next) => {
      listener = next;
      while (listener !== null) {
        const frame = waiting.shift();
        if (frame === undefined) break;
        listener(frame);
      }
      if (listener === null) socket.pause();
      else socket.resume();
    },
    onClose: (next) => {
      if (socket.readyState === socket.CLOSED) queueMicrotask(() => next(1006, ""));
      else socket.once("close", (code, reason) => next(code, reason.toString()));
    },
  };
}
