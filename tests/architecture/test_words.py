"""The words of the platform: every message translated, each in one way, and one Chinese word for each concept.

All catalogues fill one gettext domain, together with those of Django and Wagtail. So the same message id with another
translation silently wins or loses somewhere; two meanings of one English word need a context each.
"""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from tests.architecture.words import CATALOGUES, ROOT, chinese_of, of_libraries, translated, used, word_of

# Our word is meant on Wagtail's pages too: it says the same thing the way the rest of the platform says it.
MEANT = {
    "All": "全部",
    "Approved": "已通过",
    "English": "英文",
    "Filter": "筛选",
    "Breadcrumb": "当前位置",
    "(optional)": "（选填）",
    "Loading": "正在加载",
    "Log out": "退出登录",
    "Not started": "未开始",
    "live": "已发布",
}
# One Chinese word per concept (docs/glossary.md); on the right what people might write instead.
ONE_WORD = {
    "班级": r"班期|班次|培训班",
    "学时": r"课时",
    "结业": r"结课|完课|毕业(?!学年)",
    "学员": r"学习者|学生(?!”)(?<!学年学生)",
    "教师": r"老师|讲师|培训师",
    "考评员": r"考核员|评审员|考官",
    "企业": r"用人单位|公司",
    "培训机构": r"培训学校|培训单位|办学机构",
    "主管部门": r"监管部门|管理部门",
    "台账": r"账本|总账",
    "花名册": r"(?<!花)名册",
    "线上": r"在线学习|网络课",
    "签核": r"签字确认|核签",
    "学时明细单": r"学时清单|学习报表",
    "申领": r"申报补贴|补贴申请",
}


@pytest.mark.parametrize("path", CATALOGUES, ids=[path.parts[-4] for path in CATALOGUES])
def test_a_catalogue_is_whole(path: Path) -> None:
    entries = polib.pofile(str(path))
    assert [entry.msgid for entry in entries if entry.obsolete or "fuzzy" in entry.flags] == []
    assert [entry.msgid for entry in entries if not chinese_of(entry)] == []
    words = [word_of(entry) for entry in entries]
    assert sorted(word for word in set(words) if words.count(word) > 1) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=[path.parts[-4] for path in CATALOGUES])
def test_a_translation_holds_the_same_places_as_its_original(path: Path) -> None:
    holes = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>")
    own = {use.word for use in used()}
    wrong = []
    for entry in polib.pofile(str(path)):
        asked = set(holes.findall(entry.msgid_plural or entry.msgid))
        given = set(holes.findall(chinese_of(entry)))
        # of a library's sentence the Chinese may leave something out; it never asks for more than there is
        if given - asked or (word_of(entry) in own and asked - given):
            wrong.append((entry.msgid, sorted(asked ^ given)))
    assert wrong == []


def test_every_message_of_code_and_templates_has_its_chinese() -> None:
    known = set(translated()) | set(of_libraries("zh_Hans"))
    assert sorted({(use.word, use.place) for use in used() if use.word not in known}) == []
    assert len(used()) > 1500


def test_no_catalogue_holds_what_nobody_says_any_more() -> None:
    asked = {use.word for use in used()} | set(of_libraries("en"))  # a library's own words may be ours to translate
    left = sorted((word, sorted(places)) for word, places in translated().items() if word.text and word not in asked)
    assert left == []


def test_one_message_has_one_translation_in_all_catalogues() -> None:
    split = {word: found for word, found in translated().items() if len(set(found.values())) > 1 and word.text}
    assert split == {}


def test_no_word_of_ours_changes_a_word_of_a_library_by_accident() -> None:
    library = of_libraries("zh_Hans")
    changed = {
        word.text: next(iter(ours.values()))
        for word, ours in translated().items()
        if word.text and any(library.get(word, {}).values()) and set(ours.values()) - set(library[word].values())
    }
    assert changed == MEANT


def test_one_concept_has_one_chinese_word() -> None:
    wrong = []
    for path in CATALOGUES:
        for entry in polib.pofile(str(path)):
            said = chinese_of(entry)
            wrong += [
                f"{path.parts[-4]}: {said!r} says {found.group()} for {right}"
                for right, others in ONE_WORD.items()
                if (found := re.search(others, said))
            ]
    assert wrong == []


def _glossary() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    return [(code, chinese) for code, chinese in rows if code != "Code word" and not code.startswith("--")]


@pytest.mark.parametrize(("code", "chinese"), _glossary(), ids=[code for code, _ in _glossary()])
def test_a_term_of_the_glossary_lives_in_the_code(code: str, chinese: str) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in _sources())
    for term in code.split(", "):
        spelled = re.sub(r"(?<=[a-z])(?=[A-Z])| ", "_?", term)
        assert re.search(spelled, source, re.IGNORECASE), term
    assert chinese.strip()


def test_the_glossary_and_the_list_of_words_agree() -> None:
    terms = " ".join(chinese for _code, chinese in _glossary())
    assert [word for word in ONE_WORD if word not in terms] == []


def _sources() -> list[Path]:
    return [path for package in ("lms", "courses", "media") for path in (ROOT / package).rglob("*.py")]


def test_the_pages_speak_chinese_unless_asked_otherwise() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Verify a certificate") == "证书核验"
        assert translation.gettext("Live") != "直播"
        assert translation.pgettext("kind of lesson", "Live") == "直播"
