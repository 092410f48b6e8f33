"""Who plays in the demo. Invented people and firms; numbers have right check digits and belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from lms.accounts.data import OrganisationKind, Role, SizeClass

PASSWORD = "zhipei-demo-2026"  # noqa: S105  the demo's own, printed at start; production settings refuse the demo


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    key: str
    kind: OrganisationKind
    name: str
    uscc: str = ""
    size: SizeClass | None = None
    district: str = "310115"
    address: str = ""
    bank: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One demo account. `role` is empty for learners, who work for the employer unless `firm` says where; `hint` says
    what a visitor can try."""

    key: str
    name: str
    title: str
    hint: str
    firm: str = ""
    role: Role | None = None
    id_number: str = ""
    mobile: str = ""
    is_staff: bool = False
    login: str = ""

    @property
    def username(self) -> str:
        """What is typed at the sign-in page: the key, unless the account has a name of its own."""
        return self.login or self.key


FIRMS = (
    Firm(
        key="employer", kind=OrganisationKind.ENTERPRISE, name="上海康颐护理服务有限公司", uscc="91310115MAE0A0015G",
        size=SizeClass.SMALL, address="浦东新区张杨路 1458 号", bank="浦发银行张杨路支行", account="97480154700012345",
    ),
    Firm(
        key="neighbour", kind=OrganisationKind.ENTERPRISE, name="上海颐安家政服务有限公司", uscc="91310113MAE0A004X1",
        size=SizeClass.MICRO, district="310113", address="宝山区牡丹江路 318 号", bank="上海银行牡丹江路支行",
        account="31664803002198761",
    ),
    Firm(
        key="provider", kind=OrganisationKind.PROVIDER, name="上海申康职业技能培训学校", uscc="52310101MJ90000149",
        address="黄浦区南车站路 600 号", bank="工商银行南车站路支行", account="1001215109006812345",
    ),
    Firm(
        key="base", kind=OrganisationKind.BASE, name="浦东新区养老护理实训基地", uscc="12310000425000014Y",
        address="浦东新区东方路 2981 号 3 楼",
    ),
    Firm(key="authority", kind=OrganisationKind.AUTHORITY, name="浦东新区职业技能培训监管中心"),
    Firm(key="assessors", kind=OrganisationKind.ASSESSMENT_BODY, name="浦东新区护理职业技能评价站"),
    Firm(key="platform", kind=OrganisationKind.PLATFORM, name="职培云运营中心"),
)  # fmt: skip

STAFF = (
    Player(
        key="hr", login="hr-liu", name="刘静", title="上海康颐护理服务有限公司　人事", firm="employer", role=Role.HR,
        hint="给班里加人：逐个填写，或导入一份带常见错误的名单；看员工进度；申领草稿里谁列入、谁没列入、为什么；提交申领。",
    ),
    Player(
        key="provider", name="孙立新", title="上海申康职业技能培训学校　教务", firm="provider",
        role=Role.PROVIDER_ADMIN, hint="看班期与备案，导入花名册，新建班期。", is_staff=True,
    ),
    Player(
        key="trainer", name="周敏华", title="上海申康职业技能培训学校　教师", firm="provider", role=Role.TRAINER,
        hint="上传视频，看转码进度；在课程编辑里改课；给实训签核。", is_staff=True,
    ),
    Player(
        key="base", name="顾海峰", title="浦东新区养老护理实训基地　工作人员", firm="base", role=Role.BASE_STAFF,
        hint="打开今天的实训，投屏轮换二维码，看谁到了。",
    ),
    Player(
        key="assessor", name="沈雅琴", title="考评员", firm="assessors", role=Role.ASSESSOR,
        hint="录入理论与实操成绩（授课教师不能录）。",
    ),
    Player(
        key="officer", name="沈立群", title="浦东新区职业技能培训监管中心　审核员", firm="authority",
        role=Role.OFFICER, hint="审核申领：逐条看认定，通过或不予通过，导出拨付清单。",
    ),
    Player(
        key="desk", name="朱晓雯", title="服务窗口", firm="authority", role=Role.DESK,
        hint="凭身份证为学员更换手机号码、核验身份。",
    ),
    Player(
        key="operator", name="何俊", title="职培云运营中心", firm="platform", role=Role.OPERATOR,
        hint="处理求助工单。", is_staff=True,
    ),
)  # fmt: skip

LEARNERS = (
    Player(
        key="learner_a", name="王桂芳", title="学员 A", id_number="310104198506159028", mobile="13800010001",
        hint="只差最后一讲的最后两分钟：播放它，结业记录、补贴认定和申领行会自动出现。",
    ),
    Player(
        key="learner_b", name="陈志强", title="学员 B", id_number="310112197801019031", mobile="13800010002",
        hint="用外挂刷课的人：看学时明细单里每一段为什么没有计入。",
    ),
    Player(
        key="learner_c", name="李雨桐", title="学员 C", id_number="310107199912319043", mobile="13800010003",
        hint="没有参加实训：补贴页面指明差哪一条。",
    ),
    Player(
        key="learner_d", name="张浩然", title="学员 D", id_number="310110200509019052", mobile="13800010004",
        hint="正在基地实训，只差签退：扫码签退后自动认定。",
    ),
    Player(
        key="learner_e", name="周玉兰", title="学员 E", id_number="310109196802299060", mobile="13800010005",
        hint="刚开始学习，学到一半。",
    ),
)  # fmt: skip

# Whose firm lets them learn mostly online: there the hour rules ask whether somebody is there.
CHECKED_LEARNERS = (
    Player(
        key="learner_f", name="黄秀珍", title="学员 F", id_number="310113198803127029", mobile="13800010006",
        firm="neighbour",
        hint="线上线下结合班：看视频时会弹出学习确认；答对了待确认的时间才计入，答错了看要补看哪一段。",
    ),
)  # fmt: skip
