"""The payment file (拨付清单): one CSV per approved claim, the same bytes each time it is asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from lms.lib.money import plain_yuan

_HEADER = (
    "申领编号", "行号", "收款单位", "统一社会信用代码", "账户尾号", "姓名", "证件号码", "补贴项目", "政策版本",
    "结业记录编号", "认定编号", "金额（元）",
)  # fmt: skip
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    """One row of the file; names and numbers are masked as publicity allows."""

    claim_no: str
    line_no: int
    payee_name: str
    payee_uscc: str
    account_last4: str
    person_name: str
    person_id_number: str
    programme: str
    pack: str
    record_no: str
    decision_no: int
    amount_fen: int


def payment_csv(lines: Sequence[PaymentLine]) -> bytes:
    """UTF-8 with BOM, so that spreadsheets show Chinese; a last row gives the count of people and the total.

    Text that a spreadsheet would run as a formula is disarmed with a leading apostrophe.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    for line in lines:
        cells = (
            line.claim_no, str(line.line_no), line.payee_name, line.payee_uscc, line.account_last4, line.person_name,
            line.person_id_number, line.programme, line.pack, line.record_no, str(line.decision_no),
        )  # fmt: skip
        writer.writerow([*map(_disarmed, cells), plain_yuan(line.amount_fen)])
    total = plain_yuan(sum(line.amount_fen for line in lines))
    writer.writerow(["合计", f"{len(lines)} 人", *[""] * (len(_HEADER) - 3), total])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
