"""What is owed and what happens by itself: the weekly report, its chase, and three automations."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both

WEEKLY: dict[str, Any] = {
    "key": "weekly",
    "table": "reports",
    "form": "@form:reports/weekly",
    "name": Both("项目周报", "Weekly project report"),
    "definition": {
        "owers": {"level": 3},
        "ower_field": "@reports.branch",
        "date_field": "@reports.week",
        "condition": True,
        "every": "week",
        "due": {"weekday": 4, "time": "17:00"},
    },
    "chases": [
        {
            "at": "09:00",
            "ladder": [{"after_days": 0, "to": "ower"}, {"after_days": 2, "to": "head"}],
            "channels": ["inbox", "email"],
            "give_up_days": 14,
        }
    ],
}
REMINDER: dict[str, Any] = {
    "key": "reminder",
    "name": Both("周五提醒填报周报", "Friday reminder of the weekly report"),
    "definition": {
        "trigger": {"kind": "schedule", "every": "week", "weekday": 4, "time": "15:00"},
        "condition": True,
        "actions": [
            {
                "kind": "notify",
                "to": {"role": "@role:reporter"},
                "channels": ["inbox"],
                "subject": Both(
                    "项目周报今天 17:00 截止", "The weekly report is due today at 17:00"
                ),
                "body": Both(
                    "还没提交的机构，下班前填一下。没有新进展也写一句。",
                    "If your branch has not filed yet, do so today. "
                    "Without news, one sentence will do.",
                ),
            }
        ],
    },
}
BIG_OR_COLD = {
    "all": [
        {"field": "@visits.state", "op": "is", "value": "@visits.state:done"},
        {
            "any": [
                {"field": "@visits.rating", "op": "is", "value": "@visits.rating:low"},
                {"field": "@visits.amount", "op": "ge", "value": 5000},
            ]
        },
    ]
}
ALERT: dict[str, Any] = {
    "key": "alert",
    "name": Both("重要拜访报告负责人", "Important visits to the head"),
    "definition": {
        "trigger": {"kind": "record", "table": "@visits", "when": "enters"},
        "condition": BIG_OR_COLD,
        "actions": [
            {
                "kind": "notify",
                "to": {"heads_of": "@visits.branch"},
                "channels": ["inbox", "email"],
                "subject": Both("拜访提示：{subject}", "A visit to look at: {subject}"),
                "body": Both(
                    "企业：{company}\n拜访人：{visitor}\n合作意向：{rating}\n商机金额：{amount}\n下一步：{next_step}",
                    "Company: {company}\nVisitor: {visitor}\nInterest: {rating}\n"
                    "Opportunity: {amount}\nNext step: {next_step}",
                ),
            }
        ],
    },
}


def _silent(grade: str, days: int) -> dict[str, Any]:
    return {
        "all": [
            {"field": "@companies.grade", "op": "is", "value": f"@companies.grade:{grade}"},
            {"field": "@companies.last_visit", "op": "before", "value": {"last_days": days}},
        ]
    }


QUIET: dict[str, Any] = {
    "key": "quiet",
    "name": Both("重点客户久未拜访", "Key clients not visited for long"),
    "definition": {
        "trigger": {
            "kind": "schedule",
            "every": "week",
            "weekday": 0,
            "time": "09:00",
            "table": "@companies",
        },
        "condition": {"any": [_silent("a", 30), _silent("b", 60)]},
        "actions": [
            {
                "kind": "alert",
                "to": {"field": "@companies.holder"},
                "channels": ["inbox"],
                "subject": Both(
                    "{name}久未拜访，本周内能否安排？",
                    "No visit to {name} for long: can you arrange one this week?",
                ),
                "body": Both("最近拜访：{last_visit}", "Last visit: {last_visit}"),
                "answers": [
                    Both("已安排", "Arranged"),
                    Both("需要支持", "Need support"),
                    Both("暂不需要", "Not needed now"),
                ],
                "free": True,
                "field": None,
                "tell": [{"heads_of": "@companies.branch"}],
                "days": 4,
            }
        ],
    },
}
DUTIES = [WEEKLY]
AUTOMATIONS = [REMINDER, ALERT, QUIET]
