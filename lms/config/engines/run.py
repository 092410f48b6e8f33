"""`python -m lms.config.engines.run`: the whole platform on this machine, in the foreground.

Reads PORT (8000) and STATE_DIR (var/). Ctrl-C or SIGTERM leaves nothing running; a second
Ctrl-C does not wait for clean ends. `--bare` leaves the demo people and courses out;
`--build` builds the front end meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from lms.config.engines import ports, postgres, s3
from lms.config.engines.engine import Engine, EngineTrouble, command_line
from lms.config.engines.installation import DATABASE, DRAFT, Installation, correct_address, lay_out
from lms.config.engines.left_behind import state_dir
from lms.config.engines.programs import ROOT
from lms.config.engines.progress import say, step
from lms.config.engines.state import State
from lms.config.engines.supervisor import Family

STOP_ORDER = (("web", "beat"), ("worker", "worker-media"))


async def _command(title: str, argv: list[str], environment: Mapping[str, str], note: Callable[[str], None]) -> None:
    """The command has ended well; its lines were shown as notes. Raises `EngineTrouble` with its last ones."""
    once = Engine(name=title, argv=tuple(argv), ready=lambda: True, orphan_signal=signal.SIGKILL)
    child = await asyncio.create_subprocess_exec(
        *command_line(once),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
        cwd=ROOT,
        start_new_session=True,
    )
    lines: list[str] = []
    output = child.stdout or asyncio.StreamReader()  # never the latter: it was asked for as a pipe
    try:
        async for raw in output:
            lines.append(raw.decode(errors="replace").rstrip())
            note(lines[-1].strip()[:100])
        if await child.wait() != 0:
            tail = "\n".join(lines[-25:])
            raise EngineTrouble(f"{title} failed (exit code {child.returncode}):\n{tail}")
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _migrations_digest() -> str:
    found = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for package in ("lms", "courses", "media"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if {"migrations", "db"} & set(path.relative_to(ROOT).parts):
                found.update(str(path.relative_to(ROOT)).encode())
                found.update(path.read_bytes())
    return found.hexdigest()


async def _prepare_database(installation: Installation, state: State) -> None:
    """The database exists and its schema is the code's.

    Migrations run in a draft, a copy that takes the database's name when it is whole: Django commits a migration and
    notes it down afterwards, so that one killed in between could never be gone on with.
    """
    cluster, digest = installation.cluster, _migrations_digest()
    if state.stamp("migrated") == digest:
        return
    with step("database roles and schema") as note:
        await asyncio.to_thread(postgres.create_roles, cluster)
        await asyncio.to_thread(postgres.begin_draft, cluster, DATABASE, DRAFT)
        count = 0

        def counted(line: str) -> None:
            nonlocal count
            count += "Applying" in line
            note(f"{count} migrations")

        migrate = [sys.executable, "-m", "lms.config.engines.migrating"]
        draft = {"DATABASE_OWNER_URL": cluster.url(postgres.OWNER, DRAFT)}
        await _command("migrate", migrate, {**installation.owner_environment, **draft}, counted)
        await asyncio.to_thread(postgres.publish_draft, cluster, DATABASE, DRAFT)
    state.keep_stamp("migrated", digest)


async def _load_demo(installation: Installation, state: State) -> None:
    """The demo people, courses and history are there; loaded once, kept afterwards."""
    loader = ROOT / "lms" / "demo" / "management" / "commands" / "load_demo.py"
    if (state.folder / "demo.json").exists() or not loader.exists():
        return
    with step("demo people, courses and footage") as note:
        await _command("load_demo", [sys.executable, "manage.py", "load_demo"], installation.environment, note)


async def _build_front_end() -> None:
    with step("front end") as note:
        await _command("front end", [sys.executable, "-m", "lms.config.bootstrap", "front-end"], {}, note)
        note("")


async def _bring_up(family: Family, installation: Installation, state: State, *, bare: bool, build: bool) -> None:
    """Everything serves; the address is printed."""
    storage = family.add(s3.engine(installation.store))  # the slowest after a crash; needed last
    with step("PostgreSQL, Valkey"):
        await family.add_and_wait(installation.engines)
    *early, beat = installation.programs

    async def start_up_early() -> None:
        is_new = not await asyncio.to_thread(postgres.has_database, installation.cluster, DATABASE)
        if build:
            await _build_front_end()
        if is_new:  # nobody uses it yet: programs may start up while its tables are made
            for program in early:
                family.add(program)

    await _side_by_side(_prepare_database(installation, state), start_up_early())
    with step("S3, web, workers, beat"):
        await family.add_and_wait([*early, beat])
        await storage.wait_until_it_serves()
        await asyncio.to_thread(s3.allow_origins, installation.store.place, installation.store.origins)
    if not bare:
        await _load_demo(installation, state)
    _welcome(installation, state)


async def _side_by_side(*works: Coroutine[Any, Any, None]) -> None:
    """All are done; the first that fails ends the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _welcome(installation: Installation, state: State) -> None:
    told = correct_address(state, installation.address)
    say(f"\n  职培云 Zhipei Cloud is ready:  {installation.address}\n")
    accounts = told.get("accounts")
    if isinstance(accounts, dict):
        for role, account in accounts.items():
            say(f"    {role:<22} {account.get('username', ''):<22} {account.get('password', '')}")
        say()
    say(f"  Data and logs: {state.folder}   Stop with Ctrl-C.\n")


async def _main(installation: Installation, state: State, *, bare: bool, build: bool) -> None:
    """Runs until told to stop; nothing of the family is left afterwards."""
    loop, told_to_stop = asyncio.get_running_loop(), asyncio.Event()
    family = Family(
        logs=state.logs,
        say=lambda text: say(f"  ! {text}"),
        keep_open=(state.family_fd,),
        note=state.remember_children,
    )

    def stop() -> None:
        if told_to_stop.is_set():
            family.kill_now()
        told_to_stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    work = asyncio.create_task(_bring_up(family, installation, state, bare=bare, build=build))
    stopping = asyncio.create_task(told_to_stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await stopping
    finally:
        if not work.done():
            work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        stopping.cancel()
        say("\n  stopping …")
        await family.stop(STOP_ORDER)
        say("  everything has stopped.")


def _check_port(port: int) -> None:
    if not ports.is_free(port):
        raise EngineTrouble(f"port {port} is taken by another program. Choose another one: PORT={port + 1} make demo")


def _wanted_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise EngineTrouble(f"PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


def main() -> int:
    try:
        state = State(Path(state_dir()))
        state.open()
        try:
            port = _wanted_port()
            _check_port(port)
            installation = lay_out(state, port=port)
            state.keep_environment(dict(installation.owner_environment))
            state.say_who(f"process {os.getpid()}, {installation.address}")
            asyncio.run(_main(installation, state, bare="--bare" in sys.argv, build="--build" in sys.argv))
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # everything has ended; only the farewell is left
            state.close()
    except EngineTrouble as trouble:
        say(f"\n  ✗ {trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
