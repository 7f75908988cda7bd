"""A device behind a TCP port: of this host, unless the address says otherwise."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.descriptors import DescriptorLine
from neurosim.errors import BackendError, InputError

LARGEST_PORT = 65535


@dataclass(frozen=True)
class TcpPort:
    """A host and a port.

    Attributes
    ----------
    name
        The device, for messages.
    host, port
        Where it listens.
    """

    name: str
    host: str
    port: int

    @classmethod
    def of(cls, name: str, place: str, is_remote: bool) -> TcpPort:
        """Read ``HOST:PORT``.

        Parameters
        ----------
        is_remote
            Whether the host may be another than this one.

        Raises
        ------
        InputError
            If it is none, or another host.
        """
        host, _, port = place.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not (port.isascii() and port.isdigit() and 0 < int(port) <= LARGEST_PORT):
            raise InputError(f"expected tcp:HOST:PORT, the port from 1 to {LARGEST_PORT}")
        if not is_remote and not _is_here(host):
            raise InputError(
                f"{host} is not this host, and nothing on the line is encrypted or signed; "
                f"tcp:{place}?remote=yes says that it is meant"
            )
        return cls(name, host, int(port))

    @property
    def exclusive(self) -> str | None:
        """What can be held by one session at a time."""
        host = "127.0.0.1" if self.host == "localhost" else self.host
        return f"tcp:{host}:{self.port}"

    def open(self, until: float) -> DeviceLine:
        """Connect.

        Raises
        ------
        BackendError
            If nobody listens, or nobody answers in time.
        """
        try:
            connection = socket.create_connection((self.host, self.port), max(0.01, until - time.monotonic()))
        except OSError as error:
            why = "nobody answers in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise BackendError(f"device {self.name} cannot be reached at {self.host}:{self.port}: {why}") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # requests are small, and wait for answers
        return DescriptorLine(self.name, connection.fileno(), connection.fileno(), connection.close)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
