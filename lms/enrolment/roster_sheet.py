"""Workbooks in and out: the cells of an uploaded roster, the template, and the lines to mend."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException

from lms.enrolment.data import Refusal, UnableToImport
from lms.enrolment.roster_rules import Cell, Header, find_header

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_ROWS = 2000
MOST_COLUMNS = 60
_MOST_SHEETS = 10

HEADINGS = ("姓名", "证件类型", "证件号码", "手机号码")
_EXAMPLE = ("张三(示例,导入时跳过)", "居民身份证", "310115199003079011", "13800000000")


def read_sheet(file: bytes) -> tuple[Sequence[Sequence[Cell]], Header]:
    """The cells of the first sheet that has the headings, and where these are. Raises UnableToImport."""
    _check_container(file)
    try:
        book = load_workbook(io.BytesIO(file), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise UnableToImport(Refusal(code="file_not_xlsx", field="file")) from error
    try:
        for sheet in book.worksheets[:_MOST_SHEETS]:
            rows = _cells_of(sheet)
            header = find_header(rows)
            if header is not None:
                if len(rows) - header.last_row - 1 > MOST_ROWS:
                    raise UnableToImport(Refusal(code="too_many_rows", field="file", params={"most": MOST_ROWS}))
                return rows, header
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, SyntaxError, OSError) as error:
        if isinstance(error, UnableToImport):
            raise
        raise UnableToImport(Refusal(code="file_not_xlsx", field="file")) from error
    finally:
        book.close()
    raise UnableToImport(Refusal(code="no_header", field="file"))


def template_workbook() -> bytes:
    """An empty roster with the headings, text columns, and one example line that an import passes over."""
    book, sheet = _new_book("花名册")
    sheet.append(HEADINGS)
    sheet.append(_EXAMPLE)
    _style(sheet, widths=(24, 16, 24, 18), text_rows=500)
    return _bytes(book)


def faults_workbook(rows: Iterable[tuple[int, str, str, str, str]]) -> bytes:
    """The lines to mend, each with its line number in the uploaded file and what is wrong, ready to upload again."""
    book, sheet = _new_book("需修改")
    sheet.append(("姓名", "证件号码", "手机号码", _("Line"), _("What to mend")))
    for row_number, name, id_number, mobile, words in rows:
        sheet.append((_plain(name), _plain(id_number), _plain(mobile), row_number, _plain(words)))
    _style(sheet, widths=(16, 24, 18, 8, 60), text_rows=0)
    return _bytes(book)


def _new_book(title: str) -> tuple[Workbook, Any]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    return book, sheet


def _check_container(file: bytes) -> None:
    if not file:
        raise UnableToImport(Refusal(code="file_missing", field="file"))
    if len(file) > LARGEST_FILE:
        raise UnableToImport(
            Refusal(code="file_too_large", field="file", params={"megabytes": LARGEST_FILE // (1024 * 1024)})
        )
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnableToImport(Refusal(code="file_not_xlsx", field="file")) from error
    # a workbook that unfolds to gigabytes is refused before anything is unfolded
    if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED or len(entries) > 2000:
        raise UnableToImport(Refusal(code="too_many_rows", field="file", params={"most": MOST_ROWS}))


def _cells_of(sheet: Any) -> list[tuple[Cell, ...]]:
    # the size that a file claims for itself may be wrong in both directions
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    rows: list[tuple[Cell, ...]] = []
    trailing = 0
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
        rows.append(tuple(row))
        trailing = 0 if any(cell is not None for cell in row) else trailing + 1
        if trailing > MOST_ROWS or len(rows) > 5 * MOST_ROWS:
            break
    return rows[: len(rows) - trailing]


def _style(sheet: Any, *, widths: Sequence[int], text_rows: int) -> None:
    for position, width in enumerate(widths, start=1):
        letter = sheet.cell(row=1, column=position).column_letter
        sheet.column_dimensions[letter].width = width
        head = sheet.cell(row=1, column=position)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="EAF1F7")
        head.alignment = Alignment(vertical="center")
        for row in range(2, 2 + text_rows):
            # numbers typed into a text cell keep all their digits
            sheet.cell(row=row, column=position).number_format = "@"
    sheet.freeze_panes = "A2"


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _bytes(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
