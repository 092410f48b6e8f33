"""A policy pack of one scheme for tests: small enough to read at a glance, with every part a pack can have."""

from __future__ import annotations

SMALL_PACK = """
id = "SMALL"
title = { zh = "小政策", en = "A small policy" }
note = { zh = "仅供测试。", en = "For tests only." }

[[versions]]
id = "SMALL-1"
from = 2026-01-01
to = 2026-06-30
ref = "SMALL 1"

[[versions]]
id = "SMALL-2"
from = 2026-07-01
ref = "SMALL 2"

[parameters.least_s]
label = { zh = "最低时长", en = "least time" }
unit = "seconds"
values = [
    { from = 2026-01-01, value = 64800, ref = "SMALL 1.1" },
    { from = 2026-07-01, value = 54000, ref = "SMALL 2.1" },
]

[parameters.rate_fen]
label = { zh = "每学时", en = "per period" }
unit = "fen"
values = [{ from = 2026-01-01, value = 1500, ref = "SMALL 1.2" }]

[parameters.lines_max]
label = { zh = "每年次数", en = "lines a year" }
values = [{ from = 2026-01-01, value = 2, ref = "SMALL 1.3" }]

[facts.filed_on]
kind = "date"
label = { zh = "备案日期", en = "filing date" }
evidence = { zh = "备案", en = "filing" }

[facts.submitted_on]
kind = "date"
label = { zh = "提交日期", en = "submission date" }
evidence = { zh = "回执", en = "receipt" }

[facts.credited_s]
kind = "int"
unit = "seconds"
label = { zh = "认定时长", en = "credited time" }
evidence = { zh = "学时明细单", en = "statement" }

[facts.fit]
kind = "bool"
label = { zh = "符合主营业务", en = "fits the business" }
evidence = { zh = "审核", en = "review" }

[facts.payee]
kind = "text"
label = { zh = "收款方", en = "payee" }
evidence = { zh = "备案", en = "filing" }

[facts.ledger_keys]
kind = "set"
label = { zh = "所用学时", en = "hours used" }
evidence = { zh = "台账", en = "ledger" }

[derived]
enough = "credited_s >= p.least_s"

[clauses.HRS]
ref = "SMALL 1.1"
title = { zh = "学时", en = "Hours" }
test = "enough"
need = { zh = "不少于 {p.least_s|seconds} 秒", en = "{p.least_s|seconds} s" }
seen = { zh = "认定 {credited_s|seconds} 秒（{credited_s|periods} 学时）", en = "{credited_s|seconds} s" }
why = { zh = "差 {p.least_s - credited_s|seconds} 秒。", en = "{p.least_s - credited_s|seconds} s short." }
fix = { zh = "请继续学习。", en = "Go on learning." }

[clauses.FIT]
ref = "SMALL 1.4"
title = { zh = "主营业务", en = "Business" }
test = "fit"
need = { zh = "相符", en = "fits" }
seen = { zh = "{fit}", en = "{fit}" }
why = { zh = "不相符。", en = "it does not fit." }
fix = { zh = "请说明。", en = "Explain." }

[clauses.CAP]
ref = "SMALL 1.3"
title = { zh = "次数", en = "Number" }
need = { zh = "不超过 {p.lines_max} 次", en = "at most {p.lines_max}" }
seen = { zh = "已有 {matches} 次", en = "{matches} so far" }
why = { zh = "已有 {matches} 次。", en = "{matches} so far." }
fix = { zh = "请下一年再申请。", en = "Next year." }
[clauses.CAP.limit]
programmes = ["SMALL-HOURS"]
where = "year(line.submitted_on) == year(submitted_on)"
at_most = "p.lines_max - 1"

[clauses.ONCE]
ref = "SMALL 1.5"
title = { zh = "学时不重复", en = "Hours once" }
need = { zh = "只用一次", en = "used once" }
seen = { zh = "{matches} 笔", en = "{matches}" }
why = { zh = "已有 {matches} 笔。", en = "{matches} use them." }
fix = { zh = "请核对。", en = "Check." }
[clauses.ONCE.limit]
programmes = ["SMALL-HOURS", "OTHER"]
where = "overlap(line.evidence, ledger_keys)"
at_most = "0"

[schemes.SMALL-HOURS]
title = { zh = "小补贴", en = "A small subsidy" }
fund = "小基金"
decided_by = "filed_on"
payee_kind = "'enterprise'"
payee_ref = "payee"
deadline = "working_days(filed_on, 10)"
clauses = ["HRS", "FIT", "CAP", "ONCE"]

[[schemes.SMALL-HOURS.amount]]
from = 2026-01-01
ref = "SMALL 1.2"
[[schemes.SMALL-HOURS.amount.steps]]
name = "whole"
unit = "periods"
label = { zh = "学时", en = "periods" }
formula = "credited_s // 2700"
shown = { zh = "{whole} 学时", en = "{whole} periods" }
[[schemes.SMALL-HOURS.amount.steps]]
name = "due"
label = { zh = "应付", en = "due" }
formula = "whole * p.rate_fen"
shown = { zh = "{due|yuan} 元", en = "{due|yuan} yuan" }

[budget]
code = "BUD"
ref = "SMALL 1.6"
title = { zh = "预算", en = "Budget" }
when_exhausted = "queue"
need = { zh = "{needed_fen|yuan}", en = "{needed_fen|yuan}" }
seen = { zh = "{left_fen|yuan}", en = "{left_fen|yuan}" }
why = { zh = "余额不足。", en = "too little left." }
fix = { zh = "请等待。", en = "Wait." }

[baseline]
filed_on = 2026-03-02
submitted_on = 2026-03-30
credited_s = 64800
fit = true
payee = "91310115MAE0A0015G"
ledger_keys = ["own"]

[[cases]]
id = "passes"
programme = "SMALL-HOURS"
outcome = "approve"
amount_fen = 36000

[[cases]]
id = "hours"
programme = "SMALL-HOURS"
facts = { credited_s = 64799 }
outcome = "refuse"
failed = ["HRS"]

[[cases]]
id = "fit"
programme = "SMALL-HOURS"
facts = { fit = false }
outcome = "refuse"
failed = ["FIT"]

[[cases]]
id = "cap"
programme = "SMALL-HOURS"
lines = [
    { programme = "SMALL-HOURS", submitted_on = 2026-01-05 },
    { programme = "SMALL-HOURS", submitted_on = 2026-02-05 },
]
outcome = "refuse"
failed = ["CAP"]

[[cases]]
id = "once"
programme = "SMALL-HOURS"
lines = [{ programme = "OTHER", evidence = ["own"] }]
outcome = "refuse"
failed = ["ONCE"]
"""
