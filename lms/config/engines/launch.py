"""Become another program that dies with its parent, as nobody where it refuses root.

Runs alone (standard library only): `python -I launch.py PARENT SIGNAL nobody|same -- PROGRAM ARG…`
Order matters: a change of uid clears the parent-death signal, so that is asked for last.
"""

import ctypes
import os
import pathlib
import signal
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534


def _in_user_namespace(libc: ctypes.CDLL) -> bool:
    """True once this process sees itself as nobody while its files stay root's on disk."""
    if libc.unshare(CLONE_NEWUSER) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} 0 1"), ("gid_map", f"{NOBODY} 0 1")):
        pathlib.Path(f"/proc/self/{name}").write_text(text)
    return True


def main(argv: list[str]) -> None:
    parent, death_signal, identity, program = int(argv[0]), int(argv[1]), argv[2], argv[4:]
    libc = ctypes.CDLL(None, use_errno=True)
    if identity == "nobody" and os.getuid() == 0 and not _in_user_namespace(libc):
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(program[0], program, os.environ)  # noqa: S606  we become it


if __name__ == "__main__":
    main(sys.argv[1:])
