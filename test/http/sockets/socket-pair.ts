import type { MessageListener, Socket } from "../../../src/http/socket.ts";

type Frame = string | Uint8Array;

/** A socket and the client at its other end, in memory. */
export interface SocketPair {
  server: Socket;
  client: {
    readonly received: string[];
    readonly closed: { code: number; reason: string } | undefined;
    send(frame: Frame): void;
    leave(): void;
  };
}

export function socketPair(): SocketPair {
  const received: string[] = [];
  const waiting: Frame[] = [];
  const closeListeners: ((code: number, reason: string) => void)[] = [];
  let listener: MessageListener | null = null;
  let closed: { code: number; reason: string } | undefined;

  function close(code = 1005, reason = ""): void {
    if (closed !== undefined) return;
    closed = { code, reason };
    for (const notify of closeListeners) notify(code, reason);
  }

  return {
    server: {
      bufferedAmount: 0,
      drained: async () => {},
      send: (text) => void (closed === undefined && received.push(text)),
      sendBytes: (bytes) =>
        void (closed === undefined && received.push(Buffer.from(bytes).toString("latin1"))),
      close,
      onMessage(next) {
        listener = next;
        while (listener !== null && waiting.length > 0) listener(waiting.shift() as Frame);
      },
      onClose: (next) => void closeListeners.push(next),
    },
    client: {
      received,
      get closed() {
        return closed;
      },
      send(frame) {
        if (closed !== undefined) return;
        if (listener === null) waiting.push(frame);
        else listener(frame);
      },
      leave: () => close(1006),
    },
  };
}
