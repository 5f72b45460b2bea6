/** A WebSocket as the core sees it. `node/` makes one from `ws`; tests make pairs in memory. */
export interface Socket {
  /** Queues one text frame. Ignored once closed. */
  send(text: string): void;
  /** Queues one binary frame. Ignored once closed. */
  sendBytes(bytes: Uint8Array): void;
  /** Bytes queued and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Resolves when everything queued is handed to the network, or the socket is closed. */
  drained(): Promise<void>;
  /** Starts the closing handshake. Default: no code and no reason. */
  close(code?: number, reason?: string): void;
  /**
   * Sets the one listener: text frames come as strings, binary ones as bytes. While there is none, at first and after
   * `null`, frames wait; past a bound the peer is no longer read.
   */
  onMessage(listener: MessageListener | null): void;
  /** Adds a listener. It is called once, also when the socket is closed already. An abnormal end has code 1006. */
  onClose(listener: (code: number, reason: string) => void): void;
}

/** Takes one message of a socket. */
export type MessageListener = (data: string | Uint8Array) => void;

/** Takes the socket of an accepted upgrade. */
export interface Connect {
  (socket: Socket): void;
  /** Set while the peer has shown no key: a host that can cuts the peer off when its first message is longer. */
  readonly maxFirstMessageBytes?: number;
}
