"""The forms: filing a visit on a phone, planning one, the weekly report, new companies and more."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both

SUBMIT = Both("提交", "Submit")
DONE = {"field": "@visits.state", "op": "is", "value": "@visits.state:done"}
FOLLOWED = {"field": "@visits.next_step", "op": "filled"}
MINE = {"field": "@visits.visitor", "op": "is", "value": {"var": "me"}}
LIKELY = {
    "field": "@visits.rating",
    "op": "any_of",
    "value": ["@visits.rating:high", "@visits.rating:middle"],
}


def ask(field: str, zh: str = "", en: str = "", **more: Any) -> dict[str, Any]:
    """A question; without a label it is asked by the field's name."""
    label = Both(zh, en) if zh else ""
    question: dict[str, Any] = {"field": f"@{field}", "label": label, "names": {}, "help": ""}
    return {**question, "required": False, "default": None, "show_if": None, **more}


def section(zh: str, en: str, *questions: dict[str, Any]) -> dict[str, Any]:
    return {"title": Both(zh, en), "questions": list(questions)}


def form(
    key: str, table: str, name: tuple[str, str], *sections: dict[str, Any], thanks: tuple[str, str]
) -> dict[str, Any]:
    definition = {"sections": list(sections), "thanks": Both(*thanks), "submit": SUBMIT}
    return {"key": key, "table": table, "name": Both(*name), "definition": definition}


QUICK = form(
    "quick",
    "visits",
    ("拜访填报", "File a visit"),
    section(
        "见了谁",
        "Whom",
        ask("visits.company", required=True),
        ask("visits.start"),
        ask("visits.kind", required=True, default="@visits.kind:onsite"),
        ask("visits.state", default="@visits.state:done"),
    ),
    section(
        "谈了什么",
        "What about",
        ask("visits.subject"),
        ask(
            "visits.summary",
            help=Both(
                "对方关切、我方答复、达成的共识", "Their concerns, our answers, what was agreed"
            ),
            required=True,
            show_if=DONE,
        ),
        ask("visits.rating", required=True, show_if=DONE),
        ask("visits.amount", show_if={"all": [DONE, LIKELY]}),
        ask("visits.photos", show_if=DONE),
    ),
    section(
        "下一步",
        "Next",
        ask("visits.next_step"),
        ask("visits.next_date", required=True, show_if=FOLLOWED),
    ),
    thanks=("已提交，可在「我的拜访」中查看和修改", "Filed. You find it under “My visits”."),
)
FULL = form(
    "full",
    "visits",
    ("拜访登记（完整）", "Visit in full"),
    section(
        "基本信息",
        "Basics",
        ask("visits.company"),
        ask("visits.channel", help=Both("经渠道引荐时填写", "If a channel introduced you")),
        ask("visits.start"),
        ask("visits.end"),
        ask("visits.kind", required=True),
        ask("visits.state", default="@visits.state:done"),
        ask("visits.place"),
    ),
    section(
        "参加人员",
        "People",
        ask("visits.visitor"),
        ask("visits.branch"),
        ask("visits.companions"),
        ask("visits.met", help=Both("姓名和职务", "Names and positions")),
    ),
    section(
        "拜访内容",
        "Content",
        ask("visits.subject"),
        ask("visits.business"),
        ask("visits.summary", required=True, show_if=DONE),
        ask("visits.photos", show_if=DONE),
        ask("visits.spot", show_if=DONE),
    ),
    section(
        "商机与下一步",
        "Opportunity and next step",
        ask("visits.rating", required=True, show_if=DONE),
        ask("visits.amount", show_if={"all": [DONE, LIKELY, MINE]}),
        ask("visits.next_step"),
        ask("visits.next_date", required=True, show_if=FOLLOWED),
    ),
    thanks=("已提交", "Filed."),
)
PLAN = form(
    "plan",
    "visits",
    ("拜访计划", "Plan a visit"),
    section(
        "计划",
        "Plan",
        ask("visits.company"),
        ask("visits.channel"),
        ask("visits.start", "计划时间", "When"),
        ask("visits.end"),
        ask("visits.kind", default="@visits.kind:onsite"),
        ask("visits.subject"),
        ask("visits.business"),
        ask("visits.place"),
        ask("visits.companions", "邀请同行", "Bring along"),
    ),
    thanks=("已列入拜访日历", "It is in the calendar now."),
)
WEEKLY = form(
    "weekly",
    "reports",
    ("周报填报", "Weekly report"),
    section(
        "本周",
        "This week",
        ask("reports.branch"),
        ask("reports.week"),
        ask("reports.headline"),
        ask("reports.visits"),
        ask("reports.projects"),
        ask("reports.progress"),
    ),
    section(
        "下周",
        "Next week",
        ask("reports.plan", required=True),
        ask("reports.escalate"),
        ask(
            "reports.risks",
            required=True,
            show_if={"field": "@reports.escalate", "op": "checked"},
        ),
    ),
    thanks=("周报已提交，截止前可修改", "Filed. You may change it until the deadline."),
)
ACTIVITY = form(
    "new",
    "activities",
    ("活动申报", "Announce an activity"),
    section(
        "活动",
        "Activity",
        ask("activities.name"),
        ask("activities.kind", required=True),
        ask("activities.start"),
        ask("activities.end"),
        ask("activities.place", required=True),
        ask("activities.host"),
        ask("activities.leader"),
        ask("activities.heads", "预计人数", "Expected attendance"),
        ask("activities.companies", "拟邀企业", "Companies to invite"),
    ),
    thanks=("活动已登记", "The activity is on the list."),
)
COMPANY = form(
    "new",
    "companies",
    ("新增企业", "New company"),
    section(
        "企业",
        "Company",
        ask("companies.name", help=Both("与营业执照一致", "As in the business licence")),
        ask("companies.short"),
        ask("companies.industry", required=True),
        ask("companies.city", required=True),
        ask("companies.listing", default="@companies.listing:none"),
        ask("companies.website"),
    ),
    section(
        "联系与维护",
        "Contact",
        ask("companies.contact", required=True),
        ask("companies.phone"),
        ask("companies.holder"),
        ask("companies.branch"),
        ask("companies.next_step"),
    ),
    thanks=("企业已建档", "The company is on file."),
)
CHANNEL = form(
    "new",
    "channels",
    ("新增渠道", "New channel"),
    section(
        "渠道",
        "Channel",
        ask("channels.name"),
        ask("channels.kind", required=True),
        ask("channels.city"),
        ask("channels.contact"),
        ask("channels.phone"),
        ask("channels.holder"),
        ask("channels.branch"),
        ask("channels.note"),
    ),
    thanks=("渠道已登记", "The channel is on file."),
)
PROJECT = form(
    "new",
    "projects",
    ("项目立项", "New project"),
    section(
        "项目",
        "Project",
        ask("projects.name"),
        ask("projects.kind", required=True),
        ask("projects.company", required=True),
        ask("projects.leader"),
        ask("projects.department"),
        ask("projects.branch"),
        ask("projects.amount"),
        ask("projects.due"),
        ask("projects.progress", "项目概况", "Outline"),
    ),
    thanks=("项目已登记", "The project is on file."),
)
FORMS = [QUICK, FULL, PLAN, WEEKLY, COMPANY, CHANNEL, ACTIVITY, PROJECT]
