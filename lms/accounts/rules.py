"""Pure judgements on names, numbers and roles. Sources: domain 3.1, 3.7 (GB 11643), 3.8 (GB 32100), 3.13."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from lms.accounts.data import (
    BadNumber,
    Gender,
    IdNumberFacts,
    IdType,
    OrganisationKind,
    Role,
)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    {f"{group}{one}" for group, ones in {"1": "12345", "2": "123", "3": "1234567", "4": "123456", "5": "01234",
                                         "6": "12345", "7": "1", "8": "123"}.items() for one in ones}
)  # fmt: skip
# the districts of Shanghai and those that were dissolved: numbers keep them for ever (domain 3.11)
_SHANGHAI_COUNTIES = frozenset(
    f"310{rest}" for rest in (101, *range(103, 111), *range(112, 121), 151, *range(225, 231))
)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_EARLIEST_BIRTH_YEAR = 1900
_YOUNGEST_LEARNER = 16
_ODD_SPACES = re.compile(r"[\s\u3000\u00a0-]+")
_FULL_WIDTH = {**{0xFF10 + n: 0x30 + n for n in range(10)}, **{0xFF21 + n: 0x41 + n for n in range(26)},
               **{0xFF41 + n: 0x61 + n for n in range(26)}, 0xFF0B: 0x2B, 0xFF0D: 0x2D}  # fmt: skip
_NAME_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･．", "·"))
_HAN = (
    "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df"
    "\U0002a700-\U0002ee5f\U0002f800-\U0002fa1f\U00030000-\U000323af"
)
_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_NAME = re.compile(f"[{_HAN}{_LATIN}](?:[{_HAN}{_LATIN}]|[ ·.'’-](?![ ·'’-]|$))*\\.?")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}")
_OLD_FOREIGN = re.compile(r"[A-Z]{3}[0-9]{12}")
_PERMIT_PROVINCES = {IdType.HK_MO_PERMIT: ("81", "82"), IdType.TW_PERMIT: ("83",)}

# the first sign that fits wins: most browsers also name those that they descend from
_BROWSERS = (("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("AlipayClient", "Alipay"), ("Edg/", "Edge"),
             ("HuaweiBrowser", "Huawei"), ("MiuiBrowser", "Xiaomi"), ("UCBrowser", "UC"), ("QQBrowser", "QQ"),
             ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip

ROLES_BY_KIND: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.ENTERPRISE: frozenset({Role.HR, Role.TRAINER}),
    OrganisationKind.PROVIDER: frozenset({Role.PROVIDER_ADMIN, Role.TRAINER, Role.ASSESSOR}),
    OrganisationKind.BASE: frozenset({Role.BASE_STAFF, Role.TRAINER, Role.DESK}),
    OrganisationKind.AUTHORITY: frozenset({Role.OFFICER, Role.DESK}),
    OrganisationKind.ASSESSMENT_BODY: frozenset({Role.ASSESSOR}),
    OrganisationKind.PLATFORM: frozenset({Role.OPERATOR, Role.DESK}),
}


def clean_number(text: str) -> str:
    """The number as its standard writes it: half-width, upper case, without spaces and hyphens."""
    return _ODD_SPACES.sub("", text.translate(_FULL_WIDTH)).upper()


def check_id_number(text: str, today: date) -> IdNumberFacts:
    """The facts in an 18-character number of GB 11643: checksum, real birth date not after today, known province.

    An unknown county is only a warning, because the code is that of the place and time of registration.
    Raises BadNumber with: empty, old_form, length, characters, check_digit, birth_date, future, province.
    """
    number = clean_number(text)
    if not number:
        raise BadNumber("empty")
    if re.fullmatch(r"[0-9]{15}", number):
        raise BadNumber("old_form")
    if len(number) != 18:
        raise BadNumber("length")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise BadNumber("characters")
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:17], strict=True))
    if _ID_CHECKS[total % 11] != number[17]:
        raise BadNumber("check_digit")
    born = _birth_date(number[6:14])
    if born > today:
        raise BadNumber("future")
    if number[:2] not in _PROVINCES and not number.startswith("9"):
        raise BadNumber("province")
    region = number[:6]
    return IdNumberFacts(
        number=number,
        region=region,
        birth_date=born,
        gender=Gender.MALE if int(number[16]) % 2 else Gender.FEMALE,
        county_known=region in _SHANGHAI_COUNTIES if region.startswith("31") else None,
    )


def check_document(id_type: IdType, text: str, today: date) -> tuple[str, date | None, Gender]:
    """The clean number, birth date and gender that a paper of `id_type` gives. Raises BadNumber.

    Codes beside those of check_id_number: wrong_type (the number belongs to another kind of paper), passport.
    """
    number = clean_number(text)
    if not number:
        raise BadNumber("empty")
    if id_type is IdType.PASSPORT:
        if not _PASSPORT.fullmatch(number):
            raise BadNumber("passport")
        return number, None, Gender.UNKNOWN
    if id_type is IdType.FOREIGN_PERMANENT and _OLD_FOREIGN.fullmatch(number):
        return number, None, Gender.UNKNOWN
    facts = check_id_number(number, today)
    if not _type_fits(id_type, facts.number):
        raise BadNumber("wrong_type")
    return facts.number, facts.birth_date, facts.gender


def index_text(id_type: IdType, number: str) -> str:
    """The text under which a paper is found again. A passport never collides with a resident number."""
    return f"{id_type}:{number}" if len(number) != 18 or id_type is IdType.PASSPORT else number


def check_uscc(text: str, allowed: Collection[str] = ()) -> str:
    """The clean unified social credit code (GB 32100). Codes in `allowed` pass although their check digit is odd.

    Raises BadNumber with: empty, length, characters, check_digit.
    """
    code = clean_number(text)
    if not code:
        raise BadNumber("empty")
    if len(code) != 18:
        raise BadNumber("length")
    if any(sign not in _USCC_ALPHABET for sign in code):
        raise BadNumber("characters")
    total = sum(w * _USCC_ALPHABET.index(sign) for w, sign in zip(_USCC_WEIGHTS, code[:17], strict=True))
    if _USCC_ALPHABET[(31 - total % 31) % 31] != code[17] and code not in allowed:
        raise BadNumber("check_digit")
    return code


def check_mobile(text: str) -> str:
    """The eleven digits of a mainland mobile number. Raises BadNumber with empty or mobile."""
    number = clean_number(text)
    for prefix in ("+86", "0086"):
        number = number.removeprefix(prefix)
    if len(number) == 13:
        number = number.removeprefix("86")
    if not number:
        raise BadNumber("empty")
    if not _MOBILE.fullmatch(number):
        raise BadNumber("mobile")
    return number


def check_name(text: str) -> str:
    """The name with one kind of middle dot and single spaces.

    2 to 50 characters; Han up to extension H, Latin letters, `·` inside; no digits (domain 3.1).
    Raises BadNumber with: empty, name_length, name_digits, name.
    """
    name = re.sub(r"[\s\u3000\u00a0]+", " ", text).strip().translate(_NAME_DOTS)
    if not name:
        raise BadNumber("empty")
    if any(sign.isdigit() or (sign.isnumeric() and not re.match(f"[{_HAN}]", sign)) for sign in name):
        raise BadNumber("name_digits")
    if not 2 <= len(name) <= 50:
        raise BadNumber("name_length")
    if not _NAME.fullmatch(name):
        raise BadNumber("name")
    return name


def check_username(text: str) -> str:
    """A lower-case user name that can't be taken for a mobile or ID number. Raises BadNumber with empty or username."""
    name = text.strip().lower()
    if not name:
        raise BadNumber("empty")
    if not _USERNAME.fullmatch(name):
        raise BadNumber("username")
    return name


def old_enough(born: date | None, today: date) -> bool:
    """Whether the person is 16 or older (domain 2.3). An unknown birth date passes: the desk looks at the paper."""
    if born is None:
        return True
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= _YOUNGEST_LEARNER


def role_fits(kind: OrganisationKind, role: Role) -> bool:
    """Whether an organisation of this kind can give this role."""
    return role in ROLES_BY_KIND[kind]


def authority_covers(authority: str, district: str) -> bool:
    """Whether an authority of the district `authority` looks after `district` (domain 2.5: each district its own).

    A city's code (310000) covers all its districts; an authority or a thing without a district is nobody's own.
    """
    if not authority or not district or authority == district:
        return True
    return authority.endswith("0000") and authority[:2] == district[:2]


def mask_name(name: str | None) -> str:
    """The first character and one or two stars: 张*, 欧** (domain 3.13)."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2) if name else ""


def mask_id(number: str | None) -> str:
    """First three and last four: 310***********9028 (domain 3.13). Short numbers keep only the last two."""
    if not number:
        return ""
    if len(number) < 10:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_mobile(number: str | None) -> str:
    """138****5678 (domain 3.13)."""
    return f"{number[:3]}****{number[-4:]}" if number and len(number) == 11 else ""


def device_name(user_agent: str) -> str:
    """What people call the browser and the system behind a user agent: WeChat · Android. Empty where unknown."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return " · ".join(part for part in (browser, system) if part)


def _birth_date(digits: str) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise BadNumber("birth_date") from error
    if born.year < _EARLIEST_BIRTH_YEAR:
        raise BadNumber("birth_date")
    return born


def _type_fits(id_type: IdType, number: str) -> bool:
    if id_type is IdType.FOREIGN_PERMANENT:
        return number.startswith("9")
    wanted = _PERMIT_PROVINCES.get(id_type)
    if wanted:
        return number.startswith(wanted)
    return not number.startswith(("8", "9"))
