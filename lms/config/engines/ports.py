"""Free TCP ports on this machine."""

from __future__ import annotations

import socket

# Below the range from which the kernel hands out ports for outgoing connections, so that no
# outgoing connection sits on a port that we remembered.
_FIRST, _LAST = 18_000, 32_000


def is_free(port: int) -> bool:
    """Whether somebody could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int, *, seed: int) -> list[int]:
    """`count` distinct ports nobody listens on, looked for from a place that `seed` picks.

    A port + 10,000 is left free too: one engine puts a side door there that cannot be set.
    """
    found: list[int] = []
    port = _FIRST + seed % (_LAST - _FIRST)
    for _attempt in range(_LAST - _FIRST):
        port = _FIRST + (port + 7 - _FIRST) % (_LAST - _FIRST)
        if is_free(port) and is_free(port + 10_000):
            found.append(port)
            if len(found) == count:
                return found
    message = "no free TCP ports are left on this machine"
    raise OSError(message)
