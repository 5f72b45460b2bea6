"""A connection to the server that a test can cut and mend, as a network does."""

import contextlib
import socket
import threading


class Line:
    """Passes bytes on to the server, until it is cut; then it takes no connection either."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._own = 0
        self.mend()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self._own}"

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._own), reuse_port=False)
        self._own = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        for each in [self._listener, *self._open]:
            # A thread that sits in accept() or recv() only wakes by a shutdown.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
