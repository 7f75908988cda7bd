"""Where ``ssh`` is to go: ``[USER@]HOST`` and a port, and nothing that ssh could take for an option."""

from __future__ import annotations

import re
from dataclasses import dataclass

from neurosim.errors import InputError

_USER = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_HOST = r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?"
_TEXT = re.compile(rf"(?:-p (?P<port>[0-9]{{1,5}}) )?(?:(?P<user>{_USER})@)?(?P<host>{_HOST})", re.ASCII)
LARGEST_PORT = 65535


@dataclass(frozen=True)
class Destination:
    """A host as ssh knows it, by its name, its address or an alias of ssh's own configuration.

    Attributes
    ----------
    user, port
        None where ssh's configuration says.
    """

    host: str
    user: str | None = None
    port: int | None = None

    @classmethod
    def of(cls, text: str, port: int | None = None) -> Destination:
        """The destination ``[USER@]HOST``; before it, ``-p PORT`` may stand for `port`.

        Raises
        ------
        InputError
            For anything else: an option, a blank, a character that no name of a host or user has.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise InputError(
                f"ssh = {text!r}: expected HOST or USER@HOST, of letters, digits and . _ -, that begins with no -; a "
                "port has a key of its own, `port`, and other options belong into ssh's configuration"
            )
        own_port = int(parts["port"]) if parts["port"] else None
        if own_port is not None and port is not None and own_port != port:
            raise InputError(f"ssh = {text!r} has port {own_port}, but port = {port}; give it once")
        port = port if own_port is None else own_port
        if port is not None and not 0 < port <= LARGEST_PORT:
            raise InputError(f"port = {port}; expected 1 to {LARGEST_PORT}")
        return cls(parts["host"], parts["user"], port)

    @property
    def name(self) -> str:
        """``USER@HOST``, or ``HOST``."""
        return f"{self.user}@{self.host}" if self.user else self.host

    def arguments(self) -> list[str]:
        """What ssh is given; nothing behind ``--`` is an option."""
        return [*(["-p", str(self.port)] if self.port is not None else []), "--", self.name]
