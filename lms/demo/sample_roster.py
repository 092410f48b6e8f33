"""A firm's own list as firms keep it: a title line, odd headings, and the mistakes that real lists have."""

from __future__ import annotations

import io

from openpyxl import Workbook

FILE_NAME = "kangyi-staff-list.xlsx"
_HEADINGS = ("序号", "员工姓名", "身份证号码", "联系电话", "岗位")
_ROWS: tuple[tuple[object, ...], ...] = (
    (1, "赵　敏", "310105199004124029", "１３８００１０００１１", "护理员"),  # tidied up: blank, full-width digits
    (2, "钱文静", "31011319860923711x", "138-0001-0012", "护理员"),  # tidied up: small x, dashes
    (3, "孙丽娟", "310116199307185125", "13800010013", "护理员"),  # wrong check digit: …7 is right
    (4, None, "310117197911059212", "13800010014", "护理员"),  # no name
    (5, "钱文静", "31011319860923711X", "13800010012", "护理员"),  # the same person again
    (6, "吴建国", "310118198803070220", "1380001001", "护工"),  # a digit of the mobile number is missing
    (7, "郑晓梅", 310120199502261000, "13800010016", "护理员"),  # kept as a figure: …433 is gone
    (8, "王桂芳", "310104198506159028", "13800010001", "护理员"),  # on the roster already
    (9, "冯雪莲", "310151199108143441", "13800010018", "护理员"),
)


def sample_roster() -> bytes:
    """The workbook, ready to be uploaded at the roster import."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "报名表"
    sheet.append(("上海康颐护理服务有限公司　培训报名表",))
    sheet.append(_HEADINGS)
    for row in _ROWS:
        sheet.append(list(row))
    sheet.append((None, "合计", None, "9 人"))
    for letter, width in zip("ABCDE", (6, 14, 24, 18, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
