"""Compile message catalogues; a fresh machine has no msgfmt."""

from __future__ import annotations

import sys
from pathlib import Path

import polib


def compile_catalogues(locale: Path) -> int:
    """Each .po under `locale` has an up-to-date .mo beside it; the count of those written now."""
    written = 0
    for source in sorted(locale.glob("*/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(f".mo.{id(source)}")
        polib.pofile(str(source)).save_as_mofile(str(fresh))
        fresh.replace(target)
        written += 1
    return written


if __name__ == "__main__":
    sys.stdout.write(f"{compile_catalogues(Path(__file__).resolve().parents[2] / 'frontend' / 'locale')} compiled\n")
