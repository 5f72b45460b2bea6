import { connect } from "node:net";

/** How a connection ended on which something was sent. */
export interface RawAnswer {
  /** The status of the first answer; undefined without one. */
  status: number | undefined;
  /** The first bytes that came, as text. */
  text: string;
  /** The connection was still open when the time was over. */
  isOpen: boolean;
}

export interface RawOptions {
  port: number;
  /** Sent one after the other, with a moment between them. */
  chunks: readonly Buffer[];
  /** Milliseconds between two chunks. Default: 0. */
  pause?: number;
  /** Milliseconds until the connection is given up. */
  patience: number;
  /** Milliseconds for which a socket is kept after it was opened. Default: 1,000. */
  openFor?: number;
}

const MOST_CHARACTERS = 4_000;

/** Sends bytes as they are, and reads until an answer has come, the peer ends the connection or the time is over. */
export function sendRaw({
  port,
  chunks,
  pause = 0,
  patience,
  openFor = 1_000,
}: RawOptions): Promise<RawAnswer> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    let isOpen = true;
    let isUpgraded = false;
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      done({ status: status === undefined ? undefined : Number(status), text, isOpen });
    };
    let timer = setTimeout(finish, patience);
    socket.on("error", () => {});
    socket.on("close", () => {
      isOpen = false;
      finish();
    });
    socket.on("data", (chunk: Buffer) => {
      if (text.length < MOST_CHARACTERS) text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n") || isUpgraded) return;
      isUpgraded = text.startsWith("HTTP/1.1 101");
      if (!isUpgraded) return finish();
      clearTimeout(timer);
      timer = setTimeout(finish, openFor);
    });
    socket.on("connect", async () => {
      for (const chunk of chunks) {
        socket.write(chunk);
        if (pause > 0) await new Promise((next) => setTimeout(next, pause));
      }
    });
  });
}
