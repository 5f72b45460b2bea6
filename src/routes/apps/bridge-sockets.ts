import type { Socket } from "../../http/socket.ts";

/** Bytes that may wait at one end before the other end is no longer read. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Close codes that an application may send. Others say how a connection ended, and are not passed on. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

/** Passes frames of two sockets on to each other, as fast as they are taken, until one of them closes. */
export function bridgeSockets(one: Socket, other: Socket): void {
  pass(one, other);
  pass(other, one);
}

function pass(from: Socket, to: Socket): void {
  const listen = () =>
    from.onMessage((frame) => {
      if (typeof frame === "string") to.send(frame);
      else to.sendBytes(frame);
      if (to.bufferedAmount <= MAX_WAITING_BYTES) return;
      from.onMessage(null);
      void to.drained().then(listen);
    });
  listen();
  from.onClose((code, reason) => {
    if (isSendable(code)) to.close(code, reason);
    else to.close();
  });
}
