import type { Observers } from "../../observing/observers.ts";
import type { RequestAbout } from "../request-about.ts";
import type { Connect, Socket } from "../socket.ts";

/** Shows the socket of an accepted upgrade to observers, until it is closed. */
export function watchedSocket(connect: Connect, about: RequestAbout, observers: Observers): Connect {
  if (!observers.watches("socket")) return connect;
  const watched = (socket: Socket) => {
    void observers.watch("socket", describe(socket, about), {
      work: () => new Promise<number>((resolve) => socket.onClose(resolve)),
      ended: (code) => ({ code }),
    });
    connect(socket);
  };
  const { maxFirstMessageBytes } = connect;
  return maxFirstMessageBytes === undefined ? watched : Object.assign(watched, { maxFirstMessageBytes });
}

function describe(socket: Socket, about: RequestAbout) {
  return {
    route: about.route?.path ?? about.pathname,
    requestId: about.requestId,
    principalId: about.principal?.id,
    bufferedBytes: () => socket.bufferedAmount,
  };
}
