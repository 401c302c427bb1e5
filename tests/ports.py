"""Ports for servers that must be told theirs before they start."""

from __future__ import annotations

import random
import socket

_PORTS = range(20_000, 32_000)
"""Below the ports that Linux gives to connections (32,768 and up): between the asking and the
server's start a connection of another test could else take it."""


def unused_port() -> int:
    """A port of the loopback that nothing listens on."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("a hundred ports tried, none unused")
