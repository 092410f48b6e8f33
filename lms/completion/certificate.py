"""The PDF certificate (培训合格证书): Chinese type, a QR code to the public verification page, everything embedded."""

from __future__ import annotations

import io
from datetime import date
from functools import cache
from pathlib import Path

import segno
from django.utils.translation import gettext as _
from fontTools.ttLib import TTCollection
from fpdf import FPDF

from lms.completion.data import CompletionRecord
from lms.lib.localday import local_day
from lms.lib.periods import periods_text

_FONT_FILES = {
    "": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "B": "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
}
_FACE = "Noto Sans CJK SC"
_INK, _GREY, _BRAND = (23, 33, 43), (74, 87, 102), (29, 86, 128)
_LEVELS = {5: "五级（初级工）", 4: "四级（中级工）", 3: "三级（高级工）", 2: "二级（技师）", 1: "一级（高级技师）"}
_MODES = {"video": "线上视频", "live": "直播课", "practice": "线下实训"}


class UnableToFindFont(RuntimeError):
    """The CJK font is not installed. On Debian: apt-get install fonts-noto-cjk."""


def certificate_pdf(*, record: CompletionRecord, verify_url: str) -> bytes:
    """One landscape A4 page that names the holder, the class, the hours and how to verify them."""
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_margin(0)
    pdf.set_auto_page_break(False)
    for style, path in _FONT_FILES.items():
        pdf.add_font("cjk", style, path, collection_font_number=_face_number(path))
    pdf.set_title(f"培训合格证书 {record.record_no}")
    pdf.set_lang("zh-Hans")
    pdf.set_creation_date(record.issued_at)
    pdf.add_page()
    _frame(pdf)
    _text(pdf, record)
    _seal_box(pdf, record, verify_url)
    return bytes(pdf.output())


def qr_svg(url: str) -> str:
    """An inline SVG of the QR code for `url`."""
    return segno.make(url, error="m").svg_inline(scale=3, border=2, dark="#17212b", omitsize=True)


@cache
def _face_number(path: str) -> int:
    if not Path(path).exists():
        raise UnableToFindFont(path)
    with TTCollection(path, lazy=True) as fonts:
        names = [font["name"].getDebugName(1) for font in fonts]
    return names.index(_FACE) if _FACE in names else 0


def _frame(pdf: FPDF) -> None:
    pdf.set_draw_color(*_BRAND)
    pdf.set_line_width(1.2)
    pdf.rect(10, 10, 277, 190)
    pdf.set_line_width(0.3)
    pdf.rect(13, 13, 271, 184)


def _text(pdf: FPDF, record: CompletionRecord) -> None:
    pdf.set_text_color(*_BRAND)
    pdf.set_font("cjk", "B", 34)
    pdf.set_xy(0, 28)
    pdf.cell(297, 16, "培训合格证书", align="C")
    pdf.set_text_color(*_GREY)
    pdf.set_font("cjk", "", 11)
    pdf.set_xy(0, 46)
    pdf.cell(297, 6, f"证书编号 {record.record_no}", align="C")
    pdf.set_text_color(*_INK)
    pdf.set_xy(35, 64)
    pdf.set_font("cjk", "B", 20)
    pdf.cell(0, 12, f"{record.person_name}  学员：")
    pdf.set_font("cjk", "", 14)
    pdf.set_xy(35, 82)
    pdf.multi_cell(227, 10, _body(record))
    pdf.set_xy(35, pdf.get_y() + 4)
    pdf.set_font("cjk", "", 11)
    pdf.set_text_color(*_GREY)
    pdf.multi_cell(150, 7, _hours(record))


def _body(record: CompletionRecord) -> str:
    level = f"{record.occupation_name}{_LEVELS.get(record.level or 0, '')}"
    start, end = date.fromisoformat(record.starts_on), date.fromisoformat(record.ends_on)
    issued = local_day(record.issued_at)
    return (
        f"参加“{record.title}”（{level}）培训，{_day(start)} 至 {_day(end)} 在班，"
        f"于 {_day(issued)} 前完成全部规定学时并考核合格，特发此证。"
    )


def _hours(record: CompletionRecord) -> str:
    counted = [
        (label, periods_text(record.seconds.get(mode, 0)), periods_text(record.required[mode]))
        for mode, label in _MODES.items()
        if record.required.get(mode)
    ]
    lines = [f"{label}：认定 {credited} 学时 / 计划 {required} 学时" for label, credited, required in counted]
    marks = {"theory": "理论考核", "practice": "实操考核"}
    lines += [f"{marks.get(str(item['kind']), item['kind'])}：{item['score']} 分" for item in record.results]
    return "\n".join(lines)


def _seal_box(pdf: FPDF, record: CompletionRecord, verify_url: str) -> None:
    image = io.BytesIO()
    segno.make(verify_url, error="m").save(image, kind="png", scale=8, border=1)
    pdf.image(image, x=228, y=126, w=34, alt_text=_("QR code: verify this certificate"))
    pdf.set_font("cjk", "", 9)
    pdf.set_text_color(*_GREY)
    pdf.set_xy(215, 162)
    pdf.cell(60, 5, "扫码核验真伪", align="C")
    pdf.set_text_color(*_INK)
    pdf.set_font("cjk", "", 13)
    pdf.set_xy(35, 160)
    pdf.cell(0, 8, f"{record.provider_name}")
    pdf.set_xy(35, 169)
    pdf.cell(0, 8, f"签发日期 {_day(local_day(record.issued_at))}")
    pdf.set_font("cjk", "", 8)
    pdf.set_text_color(*_GREY)
    pdf.set_xy(35, 182)
    pdf.cell(
        0, 5, f"本证书为培训学时与考核的证明，不是职业技能等级证书。摘要 {record.digest[:16]}…  密钥 {record.key_id}"
    )


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
