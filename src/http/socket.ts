/** A WebSocket as the core sees it. `node/` makes one from `ws`; tests make pairs in memory. */
export interface Socket {
  /** Queues one text frame. Ignored once closed. */
  send(text: string): void;
  /** Bytes queued and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Resolves when everything queued is handed to the network, or the socket is closed. */
  drained(): Promise<void>;
  /** Starts the closing handshake. Default: no code and no reason. */
  close(code?: number, reason?: string): void;
  /** One listener: text frames come as strings, binary ones as bytes. Frames before it is set are kept, up to a bound. */
  onMessage(listener: (data: string | Uint8Array) => void): void;
  /** Sets the one listener for the end of the socket. An abnormal end has code 1006. */
  onClose(listener: (code: number, reason: string) => void): void;
}

/** What an accepted upgrade does with its socket. */
export interface Connect {
  (socket: Socket): void;
  /** The peer has shown no key yet: a host that can cuts it off when its first message is longer. */
  readonly maxFirstMessageBytes?: number;
}
