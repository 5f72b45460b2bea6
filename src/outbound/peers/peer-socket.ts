/** Bytes of one message. A longer one ends the socket. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const HANDSHAKE_LIMIT = 10_000;

export interface PeerSocketRequest {
  /** Base URL of the node, without a slash at its end. */
  address: string;
  /** Path below it. */
  target: string;
  headers: Readonly<Record<string, string>>;
  /** Ends the socket at once, also while it is opened. */
  signal: AbortSignal;
  /** Called with each text. */
  take(text: string): void;
  /** Called once, when the socket has closed or could not be opened. */
  closed(reason: string): void;
}

/** A socket to another node. */
export interface PeerSocket {
  /** Sends a text. Ignored once closed. */
  send(text: string): void;
  /** Bytes that wait for the network. */
  readonly bufferedAmount: number;
  /** Ends the socket at once. `closed` is called later. */
  close(): void;
}

/**
 * Opens a socket to a node; undefined when it is refused, and `closed` has the reason. No redirect is followed, nothing
 * is compressed, and no proxy of the environment is used. Rejects with the reason of the signal.
 */
export async function openPeerSocket(request: PeerSocketRequest): Promise<PeerSocket | undefined> {
  const { WebSocket } = await import("ws");
  request.signal.throwIfAborted();
  const { address, target, headers, signal, take, closed } = request;
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}${target}`, {
    ...{ headers, maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false, followRedirects: false },
    handshakeTimeout: HANDSHAKE_LIMIT,
  });
  const opened = Promise.withResolvers<boolean>();
  let reason = "";
  // `ws` closes the socket after an error. Without a listener the error would end the process.
  socket.on("error", (error) => {
    reason = error.message;
  });
  const end = () => socket.terminate();
  signal.addEventListener("abort", end);
  socket.once("open", () => opened.resolve(true));
  socket.once("close", (code, text) => {
    signal.removeEventListener("abort", end);
    opened.resolve(false);
    closed(reason || text.toString() || `closed with ${code}`);
  });
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) socket.close(1003);
    else take(data.toString());
  });
  if (!(await opened.promise)) return undefined;
  return {
    send: (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    close: end,
  };
}
