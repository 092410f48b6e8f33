"""`import_policy_packs [FILE ...]`: from now on these packs decide; without a file, the ones that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.subsidy.api import import_pack
from lms.subsidy.data import PackError
from lms.subsidy.shelf import shipped_texts


class Command(BaseCommand):
    """A pack is taken only if it proves itself; decisions already made keep the pack that made them."""

    help = "Import policy packs (TOML); the newest import of a pack id decides. Without FILE: the shipped packs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", help="TOML files of policy packs")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            texts = [Path(name).read_text(encoding="utf-8") for name in options["files"]] or shipped_texts().values()
            for text in texts:
                pack = import_pack(text=text, now=now)
                self.stdout.write(f"{pack.pack_id} {pack.pack_digest}")
        except (OSError, UnicodeDecodeError, PackError) as error:
            raise CommandError(str(error)) from error
