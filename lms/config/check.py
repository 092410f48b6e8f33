"""`python -m lms.config.check`: format, lint, types, contracts, migrations, compose, front end; then one verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from lms.config.bootstrap import find_node
from lms.config.engines.progress import say

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "formatting (Python)": [str(BIN / "ruff"), "format", "--check", "."],
    "lint (Python)": [str(BIN / "ruff"), "check", "."],
    "types (Python)": [str(BIN / "mypy")],
    "import contracts": [str(BIN / "lint-imports"), "--no-cache"],
    "migrations": [
        sys.executable,
        "-W",
        "ignore::RuntimeWarning",
        "-m",
        "tests.manage",
        "makemigrations",
        "--check",
        "--dry-run",
    ],
    "system checks": [sys.executable, "-m", "tests.manage", "check", "--fail-level", "WARNING"],
    "compose file": [
        str(BIN / "check-jsonschema"),
        *("--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
    ],
    "templates": [str(BIN / "djlint"), "frontend/templates", "--lint", "--quiet"],
}


def _run(title: str, argv: list[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> bool:
    """Whether the check holds; what it said is shown if it does not."""
    began = time.monotonic()
    done = subprocess.run(argv, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    good = done.returncode == 0
    say(f"  {'✓' if good else '✗'} {title}  {time.monotonic() - began:.1f} s")
    if not good:
        say(f"\n    $ {' '.join(argv)}\n{done.stdout}{done.stderr}")
    return good


def main() -> int:
    results = [_run(title, argv) for title, argv in CHECKS.items()]
    npm, env = find_node()
    results.append(
        _run("front end (types, lint, format, tests, budget)", [*npm, "run", "check"], cwd=ROOT / "frontend", env=env)
    )
    failed = results.count(False)
    say(f"\n  {failed} of {len(results)} checks failed.\n" if failed else "\n  every check holds.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
