"""The words of every notice, in Chinese and English. Placeholders are the notice's params; `link` becomes its link.

No text that leaves the product by SMS names a person or shows a number: a recycled number has a stranger behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from lms.notices.data import NoticeKind, UnableToWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    title: str
    body: str
    sms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One kind. `link`: where to go when the params name no place. `sms`/`mail`: what people get who have chosen
    nothing; `fixed`: that can't be turned off."""

    zh: Words
    en: Words
    label_zh: str
    label_en: str
    link: str = ""
    sms: bool = False
    mail: bool = True
    fixed: bool = False


TEXTS: dict[NoticeKind, Text] = {
    NoticeKind.CREDIT_REFUSED: Text(
        label_zh="部分学时未认定",
        label_en="Learning time not credited",
        mail=False,
        zh=Words(
            title="《{course}》有一段学习没有计入学时",
            body="{minutes} 分钟没有计入，原因：{reason}。打开学时明细可以看到是哪一段，以及怎样补看。",
            sms="您的一段学习没有计入学时，请登录职培云查看原因。",
        ),
        en=Words(
            title="Part of your learning in “{course}” was not credited",
            body="{minutes} minutes were not credited: {reason}. The statement shows which part and how to "
            "make up for it.",
            sms="Part of your learning was not credited. Sign in to Zhipei Cloud to see why.",
        ),
    ),
    NoticeKind.RECORD_ISSUED: Text(
        label_zh="结业记录已签发",
        label_en="Completion record issued",
        link="/records/",
        sms=True,
        zh=Words(
            title="《{course}》结业记录已签发",
            body="记录编号 {record_no}。可以下载培训合格证书，任何人都能扫码核验。",
            sms="您的结业记录已签发，请登录职培云下载证书。",
        ),
        en=Words(
            title="Your completion record for “{course}” is issued",
            body="Record number {record_no}. You can download the certificate; anybody can verify it by its code.",
            sms="Your completion record is issued. Sign in to Zhipei Cloud to download the certificate.",
        ),
    ),
    NoticeKind.RECORD_REVOKED: Text(
        label_zh="结业记录被撤销",
        label_en="Completion record revoked",
        link="/records/",
        sms=True,
        fixed=True,
        zh=Words(
            title="《{course}》结业记录已撤销",
            body="记录编号 {record_no} 因学时冲销而撤销。打开学时明细可以看到原因，也可以在“帮助”里提出申诉。",
            sms="您的一份结业记录已撤销，请登录职培云查看原因。",
        ),
        en=Words(
            title="Your completion record for “{course}” was revoked",
            body="Record number {record_no} was revoked because hours were reversed. The statement says "
            "why; use Help to appeal.",
            sms="A completion record of yours was revoked. Sign in to Zhipei Cloud to see why.",
        ),
    ),
    NoticeKind.DECISION_MADE: Text(
        label_zh="补贴资格认定结果",
        label_en="Subsidy decision",
        link="/subsidy/",
        sms=True,
        zh=Words(
            title="补贴资格认定已有结果：{outcome}",
            body="项目：{programme}，认定金额 {amount} 元。打开可以看到每一条条款、金额怎样算出来、下一步做什么。",
            sms="您的补贴资格认定已有结果，请登录职培云查看。",
        ),
        en=Words(
            title="Subsidy decision: {outcome}",
            body="Programme: {programme}, {amount} yuan. The page shows every clause, how the amount came about, "
            "and what to do next.",
            sms="A subsidy decision about you is made. Sign in to Zhipei Cloud to see it.",
        ),
    ),
    NoticeKind.CLAIM_SUBMITTED: Text(
        label_zh="补贴申领已提交",
        label_en="Claim submitted",
        link="/claims/",
        zh=Words(
            title="申领批次 {number} 已提交",
            body="共 {people} 人，{amount} 元。回执编号 {receipt}。审核结果会在这里通知您。",
            sms="您的补贴申领批次已提交，请登录职培云查看回执。",
        ),
        en=Words(
            title="Claim batch {number} is submitted",
            body="{people} people, {amount} yuan. Receipt {receipt}. You will hear here about the review.",
            sms="Your claim batch is submitted. Sign in to Zhipei Cloud for the receipt.",
        ),
    ),
    NoticeKind.CLAIM_DECIDED: Text(
        label_zh="补贴申领审核结果",
        label_en="Claim reviewed",
        link="/claims/",
        sms=True,
        zh=Words(
            title="申领批次 {number}：{outcome}",
            body="{reason}",
            sms="您的补贴申领批次已审核，请登录职培云查看结果。",
        ),
        en=Words(
            title="Claim batch {number}: {outcome}",
            body="{reason}",
            sms="Your claim batch is reviewed. Sign in to Zhipei Cloud for the result.",
        ),
    ),
    NoticeKind.ENROLLED: Text(
        label_zh="报名成功",
        label_en="Enrolled",
        sms=True,
        zh=Words(
            title="您已加入班级《{class_title}》",
            body="开班日期 {starts_on}。打开班级可以看到课程、直播和实训安排。",
            sms="您已加入一个培训班，请登录职培云查看课程安排。",
        ),
        en=Words(
            title="You are enrolled in “{class_title}”",
            body="It starts on {starts_on}. The class page shows lessons, live classes and practice.",
            sms="You are enrolled in a class. Sign in to Zhipei Cloud for the timetable.",
        ),
    ),
    NoticeKind.MOBILE_REPLACED: Text(
        label_zh="登录手机号已更换",
        label_en="Sign-in number replaced",
        sms=True,
        fixed=True,
        zh=Words(
            title="您的登录手机号已更换为 {mobile}",
            body="旧号码不能再登录，所有设备都已退出。如果不是您本人办理，请立即带身份证到服务点，或在“帮助”里告诉我们。",
            sms="本号码已不再用于登录职培云。如果不是您本人办理，请尽快带身份证到服务点。",
        ),
        en=Words(
            title="Your sign-in number is now {mobile}",
            body="The old number no longer signs in and every device is signed out. If this was not you, "
            "bring your ID card to a service desk at once, or tell us in Help.",
            sms="This number no longer signs in to Zhipei Cloud. If this was not you, bring your ID card "
            "to a service desk.",
        ),
    ),
    NoticeKind.MOBILE_TAKEN_OVER: Text(
        label_zh="手机号被新机主使用",
        label_en="Number now belongs to somebody else",
        fixed=True,
        zh=Words(
            title="您原来的手机号现在由他人使用",
            body="新机主已在服务点办理登记，该号码不能再登录您的账号。您的学习记录都在。请带身份证到服务点登记新号码。",
            sms="该号码不能再登录原账号。",
        ),
        en=Words(
            title="Your former mobile number now belongs to somebody else",
            body="Its new owner registered it at a desk, so it no longer signs in to your account. "
            "Your records are all kept. Bring your ID card to a service desk to set a new number.",
            sms="This number no longer signs in to its former account.",
        ),
    ),
    NoticeKind.CONSENT_WITHDRAWN: Text(
        label_zh="已撤回同意",
        label_en="Consent withdrawn",
        fixed=True,
        zh=Words(
            title="您已撤回个人信息处理同意",
            body="从现在起不再收集您的新数据，学习和申领都已暂停。依法须保存的记录会保存到期。您可以随时在“我的信息”里重新同意。",
            sms="您已撤回同意，学习和申领已暂停。如果不是您本人操作，请联系我们。",
        ),
        en=Words(
            title="You have withdrawn your consent",
            body="We take in no new data about you; learning and claims are paused. Records that the law makes us keep "
            "stay until their time is up. You can agree again under My data at any time.",
            sms="Your consent is withdrawn; learning and claims are paused. If this was not you, contact us.",
        ),
    ),
    NoticeKind.PRACTICE_MISSING_SIGNOUT: Text(
        label_zh="实训未签退",
        label_en="Practice without sign-out",
        sms=True,
        zh=Words(
            title="实训“{session}”还没有签退",
            body="没有签退，这次实训不计学时。请联系实训基地办理补录。",
            sms="您有一次实训没有签退，不计学时。请联系实训基地补录。",
        ),
        en=Words(
            title="You have not signed out of practice “{session}”",
            body="Without a sign-out this practice earns no hours. Ask the practice base for a correction.",
            sms="A practice session lacks your sign-out and earns no hours. Ask the practice base for a correction.",
        ),
    ),
    NoticeKind.TICKET_ANSWERED: Text(
        label_zh="帮助请求有了回复",
        label_en="Your question is answered",
        sms=True,
        zh=Words(
            title="您的帮助请求 {number} 有了回复",
            body="{excerpt}",
            sms="您的帮助请求有了回复，请登录职培云查看。",
        ),
        en=Words(
            title="Your question {number} is answered",
            body="{excerpt}",
            sms="Your question is answered. Sign in to Zhipei Cloud to read it.",
        ),
    ),
    NoticeKind.UPLOAD_FAILED: Text(
        label_zh="视频处理失败",
        label_en="Video could not be packaged",
        zh=Words(
            title="视频《{media}》处理失败",
            body="{reason}",
            sms="您上传的一个视频处理失败，请登录职培云查看原因。",
        ),
        en=Words(
            title="The video “{media}” could not be packaged",
            body="{reason}",
            sms="A video of yours could not be packaged. Sign in to Zhipei Cloud to see why.",
        ),
    ),
    NoticeKind.APPEAL_WAITS: Text(
        label_zh="有申诉待答复",
        label_en="An appeal waits for your answer",
        zh=Words(
            title="申诉 {number} 等待答复",
            body="《{course}》有学员对未计入的学时提出申诉，请在 {day} 前答复。",
            sms="有一件学时申诉等待您答复，请登录职培云处理。",
        ),
        en=Words(
            title="Appeal {number} waits for an answer",
            body="A learner of “{course}” appeals against time that was not counted. Answer by {day}.",
            sms="An appeal waits for your answer. Sign in to Zhipei Cloud.",
        ),
    ),
    NoticeKind.APPEAL_ANSWERED: Text(
        label_zh="申诉有了答复",
        label_en="Your appeal is answered",
        sms=True,
        zh=Words(
            title="您的申诉 {number} 有了答复：{outcome}",
            body="打开申诉可以看到理由和下一步。封存指纹：{fingerprint}",
            sms="您的学时申诉有了答复，请登录职培云查看。",
        ),
        en=Words(
            title="Your appeal {number} is answered: {outcome}",
            body="Open it to read the reasons and what you can do. Fingerprint of the seal: {fingerprint}",
            sms="Your appeal is answered. Sign in to Zhipei Cloud to read it.",
        ),
    ),
    NoticeKind.APPEAL_MOVED: Text(
        label_zh="申诉进入下一步",
        label_en="Your appeal moved on",
        zh=Words(
            title="您的申诉 {number} 有变化",
            body="{outcome}",
            sms="您的学时申诉有变化，请登录职培云查看。",
        ),
        en=Words(
            title="Your appeal {number} moved on",
            body="{outcome}",
            sms="Your appeal moved on. Sign in to Zhipei Cloud to see how.",
        ),
    ),
}

# codes that other packages pass as params, in words: zh, en
_VALUES: dict[str, tuple[str, str]] = {
    "appeal_upheld": ("予以支持", "upheld"),
    "appeal_refused": ("不予支持", "not upheld"),
    "appeal_escalated": (
        "培训机构逾期未答复，已自动转主管部门处理。",
        "The provider did not answer in time; the authority has it now.",
    ),
    "appeal_lapsed": (
        "您没有在期限内提请主管部门处理，培训机构的答复生效。",
        "It was not taken further in time; the provider's answer stands.",
    ),
    "approve": ("符合条件", "eligible"),
    "refuse": ("不符合条件", "not eligible"),
    "hold": ("待核实", "waiting for facts"),
    "approved": ("已通过", "approved"),
    "refused": ("未通过", "refused"),
    "returned": ("已退回", "returned"),
    "ENT-ONLINE": ("企业职工线上培训补贴", "online training of employees"),
    "ENT-SKILL": ("企业职业技能培训补贴", "skills training by enterprises"),
    "SME-GROUP": ("中小微企业集中培训补贴", "centralised training for small firms"),
    "IND-SKILL": ("职业技能提升补贴", "individual skills subsidy"),
    "UI-SKILL": ("失业保险技能提升补贴", "skills subsidy from unemployment insurance"),
    "APPR": ("企业新型学徒制补贴", "enterprise apprenticeship"),
    "REFRESH": ("技师技术更新培训补贴", "refresher training of technicians"),
}
_CODE = {
    "zh": "【职培云】验证码 {code}，5 分钟内有效。不要告诉任何人，包括自称工作人员的人。",
    "en": "[Zhipei Cloud] Your code is {code}, good for 5 minutes. Tell it to nobody, not even to staff.",
}
_PRESENCE_CODE = {
    "zh": "【职培云】您正在学习，确认码 {code}，请在学习页面填写，3 分钟内有效。",
    "en": "[Zhipei Cloud] {code} confirms that you are learning. Enter it on the lesson page within 3 minutes.",
}
_NO_ACCOUNT = {
    "zh": "【职培云】有人用本号码请求登录，但本号码还没有账号。如果是您本人，请先注册；如果不是，无须理会。",
    "en": "[Zhipei Cloud] Somebody asked to sign in with this number; it has no account. If you did: register.",
}


def params_of(kind: NoticeKind) -> frozenset[str]:
    """The names that the words of this kind need."""
    text = TEXTS[kind]
    parts = (text.zh.title, text.zh.body, text.zh.sms)
    return frozenset(name for part in parts for _lit, name, _spec, _conv in Formatter().parse(part) if name)


def check_params(kind: NoticeKind, params: Mapping[str, str | int]) -> None:
    """`params` hold all that the words need; `link`, if given, is a path on this site. Raises UnableToWord."""
    missing = params_of(kind) - set(params)
    if missing:
        raise UnableToWord(f"{kind} lacks {sorted(missing)}")
    link = str(params.get("link", ""))
    if link and (not link.startswith("/") or link.startswith(("//", "/\\"))):
        raise UnableToWord(f"{kind}: a link is a path on this site")


def words(kind: NoticeKind, params: Mapping[str, str | int], language: str) -> Words:
    """The words of a notice with its params filled in; codes among them (an outcome, a programme) become words."""
    english = language.startswith("en")
    chosen = TEXTS[kind].en if english else TEXTS[kind].zh
    named = {name: _VALUES.get(str(value), (value, value))[english] for name, value in params.items()}
    return Words(title=chosen.title.format(**named), body=chosen.body.format(**named), sms=chosen.sms.format(**named))


def link_of(kind: NoticeKind, params: Mapping[str, str | int]) -> str:
    """Where the notice leads, or nothing."""
    return str(params.get("link") or TEXTS[kind].link)


def label(kind: NoticeKind, language: str) -> str:
    """What the preferences page calls the kind."""
    return TEXTS[kind].label_en if language.startswith("en") else TEXTS[kind].label_zh


def code_text(code: str, language: str) -> str:
    """The SMS that brings a one-time code."""
    return _CODE["en" if language.startswith("en") else "zh"].format(code=code)


def presence_code_text(code: str, language: str) -> str:
    """The SMS that brings the code for a presence check."""
    return _PRESENCE_CODE["en" if language.startswith("en") else "zh"].format(code=code)


def no_account_text(language: str) -> str:
    """The SMS to a number that asked to sign in and has no account."""
    return _NO_ACCOUNT["en" if language.startswith("en") else "zh"]
