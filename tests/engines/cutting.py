"""A proxy on loopback that breaks off connections in the middle of an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cutting"]


@contextlib.contextmanager
def cutting(port: int, marker: bytes, cuts: int) -> Iterator[tuple[int, list[bytes]]]:
    """Stand in front of `port`; close a connection once it has passed `marker` to the client.

    Args:
        port: Of the server, on loopback.
        marker: What the client still gets to see.
        cuts: How many connections are broken off; later ones are left alone.

    Yields:
        The proxy's port, and a list that gets the last bytes passed on by every cut.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    done: list[bytes] = []
    counting = threading.Lock()

    def pump(source: socket.socket, target: socket.socket, *, answers: bool) -> None:
        seen = b""
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                seen = seen[-len(marker) :] + data
                at = seen.find(marker)
                with counting:
                    cut = answers and at >= 0 and len(done) < cuts
                    if cut:
                        data = data[: len(data) - (len(seen) - at - len(marker))]
                        done.append(data)
                target.sendall(data)
                if cut:
                    break
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=pump, args=(client, server), kwargs={"answers": False}).start()
                threading.Thread(target=pump, args=(server, client), kwargs={"answers": True}).start()
                sockets.extend((client, server))

    sockets: list[socket.socket] = []
    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1], done
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
