"""The saved views and the dashboard."""

from __future__ import annotations

from tracker.blueprint import Both
from tracker.solution_data.coordination.shapes import (
    AT_RISK,
    DONE,
    HELD,
    NOT_CANCELLED,
    OPEN_PROJECT,
    VALID,
    both,
    by_grade,
    chart,
    number,
    of_projects,
    pivot,
    roster,
    tile,
    view,
    within,
)

VISIT_DETAILS = ["channel", "end", "companions", "met", "place", "business", "created_by"]
VISIT_DETAILS += ["created_at", "summary", "photos", "spot"]
VISITS = [
    view(
        "all", "visits", "grid", ("全部拜访", "All visits"), sort=["-start"], hidden=VISIT_DETAILS
    ),
    view(
        "mine",
        "visits",
        "grid",
        ("我的拜访", "My visits"),
        filter={"field": "@visits.visitor", "op": "is", "value": {"var": "me"}},
        sort=["-start"],
        hidden=[*VISIT_DETAILS, "visitor", "branch"],
    ),
    view(
        "calendar",
        "visits",
        "calendar",
        ("拜访日历", "Visit calendar"),
        start="@visits.start",
        end="@visits.end",
        done=DONE,
        color="@visits.kind",
        filter=VALID,
        layers=[
            {
                "key": "events",
                "table": "@activities",
                "start": "@activities.start",
                "end": "@activities.end",
                "title": None,
                "repeat": "@activities.repeat",
                "colors": [],
                "hue": "olive",
                "done": HELD,
                "filter": NOT_CANCELLED,
            }
        ],
    ),
    view(
        "followups",
        "visits",
        "grid",
        ("待跟进", "To follow up"),
        filter=both(DONE, within("visits.next_date", {"next_days": 14})),
        sort=["next_date"],
        hidden=[*VISIT_DETAILS, "state", "number"],
    ),
    view(
        "monthly",
        "visits",
        "chart",
        ("月度拜访量", "Visits by month"),
        filter=both(VALID, {"field": "@visits.start", "op": "until", "value": "this_month"}),
        **chart("stacked", "visits.start", "visits.state"),
    ),
    view(
        "kinds",
        "visits",
        "chart",
        ("拜访方式占比", "Visits by kind"),
        filter=both(DONE, within("visits.start", "this_month")),
        **chart("ring", "visits.kind"),
    ),
    view(
        "branches",
        "visits",
        "chart",
        ("本月机构拜访量", "This month by branch"),
        filter=both(VALID, within("visits.start", "this_month")),
        **chart("hbar", "visits.branch"),
    ),
    view(
        "opportunities",
        "visits",
        "chart",
        ("月度商机金额", "Opportunities by month"),
        filter=both(DONE, {"field": "@visits.amount", "op": "filled"}),
        **chart("line", "visits.start", sum="visits.amount"),
    ),
    view(
        "months",
        "visits",
        "pivot",
        ("机构月度透视", "Branches by month"),
        filter=both(VALID, within("visits.start", "this_year")),
        **pivot("visits.branch", "visits.start"),
    ),
]
COMPANY_DETAILS = ["visits", "projects", "activities", "referrer", "address", "website", "business"]
COMPANY_DETAILS += ["created_by", "created_at"]
COMPANY_VISITS = ["last_visit", "visit_count"]
COMPANY_FIRST = ["name", "short", "grade", "relation", *COMPANY_VISITS]
# Every company has a stage: where it reads empty, the viewer may see the name alone.
OPEN = {"field": "@companies.relation", "op": "filled"}
COMPANIES = [
    view(
        "roster",
        "companies",
        "roster",
        ("企业花名册", "Company roster"),
        filter=OPEN,
        sort=["grade"],
        order=["name", "grade", "holder", "relation", "branch"],
        hidden=[
            *COMPANY_DETAILS,
            *COMPANY_VISITS,
            "short",
            "contact",
            "phone",
            "listing",
            "capital",
        ],
        **roster(
            "visits.company",
            90,
            tiers={"field": "@companies.grade", "days": by_grade(30, 60, 90)},
            open=of_projects(OPEN_PROJECT),
            risk=of_projects(both(OPEN_PROJECT, AT_RISK)),
        ),
    ),
    view(
        "all",
        "companies",
        "grid",
        ("企业档案", "All companies"),
        sort=["name"],
        order=COMPANY_FIRST,
        hidden=COMPANY_DETAILS,
    ),
    view(
        "mine",
        "companies",
        "grid",
        ("我维护的企业", "My companies"),
        filter={"field": "@companies.holder", "op": "is", "value": {"var": "me"}},
        sort=["grade"],
        order=COMPANY_FIRST,
        hidden=[*COMPANY_DETAILS, "holder", "branch", "capital"],
    ),
    view(
        "industries",
        "companies",
        "chart",
        ("行业与等级分布", "By industry and grade"),
        filter=OPEN,
        **chart("stacked", "companies.industry", "companies.grade"),
    ),
]
CHANNELS = [
    view(
        "roster",
        "channels",
        "roster",
        ("渠道花名册", "Channel roster"),
        sort=["name"],
        order=["name", "kind", "holder", "state", "branch"],
        hidden=["contact", "phone", "referred", "visits", "note", "created_by", "created_at"],
        **roster("visits.channel", 60),
    ),
    view("all", "channels", "grid", ("渠道台账", "All channels"), sort=["name"], hidden=["visits"]),
]
ACTIVITIES = [
    view(
        "all",
        "activities",
        "grid",
        ("活动列表", "Activity list"),
        sort=["-start"],
        hidden=["companies", "summary", "created_by", "created_at"],
    ),
    view(
        "calendar",
        "activities",
        "calendar",
        ("活动日历", "Activity calendar"),
        start="@activities.start",
        end="@activities.end",
        repeat="@activities.repeat",
        done=HELD,
        color="@activities.kind",
        filter=NOT_CANCELLED,
    ),
]
BOARD_HIDDEN = ["stage", "company", "department", "branch", "risk", "done", "start", "progress"]
BOARD_HIDDEN += ["reports", "days_left", "created_by", "created_at"]
PROJECTS = [
    view(
        "all",
        "projects",
        "grid",
        ("项目台账", "All projects"),
        sort=["-start"],
        hidden=["reports", "progress", "created_by", "created_at"],
    ),
    view(
        "open",
        "projects",
        "grid",
        ("在推项目", "Open projects"),
        filter=OPEN_PROJECT,
        sort=["stage", "due"],
        order=["name", "kind", "stage", "due", "days_left", "risk", "done"],
        hidden=["reports", "created_by", "created_at"],
        group_by=[{"field": "@projects.stage", "desc": False, "bucket": "month"}],
        colors=[{"by": "@projects.risk", "paint": "edge"}],
        summaries={"@projects.due": "earliest", "@projects.done": "avg"},
    ),
    view(
        "stages",
        "projects",
        "chart",
        ("项目阶段分布", "Projects by stage"),
        **chart("stacked", "projects.stage", "projects.kind"),
    ),
    view(
        "funnel",
        "projects",
        "chart",
        ("项目转化漏斗", "Project funnel"),
        steps=list(range(1, 8)),
        **chart("stage_funnel", "projects.stage"),
    ),
    view(
        "pace",
        "projects",
        "chart",
        ("各阶段停留时间", "Time in stage"),
        steps=list(range(1, 8)),
        **chart("time_in_stage", "projects.stage"),
    ),
    view(
        "board",
        "projects",
        "kanban",
        ("项目看板", "Project board"),
        sort=["due"],
        hidden=BOARD_HIDDEN,
        order=["name", "kind", "leader", "amount", "due"],
        group="@projects.stage",
        color="@projects.risk",
        measure={"kind": "sum", "field": "@projects.amount"},
        limit=15,
        limits={},
        hide_empty=False,
        cover=None,
        fit="crop",
    ),
]
REPORTS = [
    view(
        "duty",
        "reports",
        "matrix",
        ("周报填报情况", "Who has reported"),
        duty="@duty:weekly",
    ),
    view(
        "all",
        "reports",
        "grid",
        ("周报汇总", "All reports"),
        sort=["-week"],
        hidden=["created_by", "created_at"],
    ),
    view(
        "help",
        "reports",
        "grid",
        ("需总部协调", "Needs head office"),
        filter=both(
            {"field": "@reports.escalate", "op": "checked"},
            within("reports.week", {"last_days": 28}),
        ),
        sort=["-week"],
        hidden=["escalate", "plan", "visits", "created_by", "created_at"],
    ),
]
OVERVIEW = {
    "key": "overview",
    "kind": "dashboard",
    "name": Both("协同总览", "Overview"),
    "options": {
        "tiles": [
            number(("本月拜访", "Visits this month"), "visits", VALID, "visits.start"),
            number(
                ("本月商机（万元）", "Opportunities (CNY 10k)"),
                "visits",
                DONE,
                "visits.start",
                sums="visits.amount",
            ),
            number(("本月活动", "Activities this month"), "activities", None, "activities.start"),
            number(("本月新立项目", "New projects this month"), "projects", None, "projects.start"),
            tile("visits/calendar", 8, 6),
            tile("visits/kinds", 4, 3),
            tile("projects/stages", 4, 3),
            tile("companies/roster", 8, 4),
            tile("reports/duty", 4, 4),
            tile("visits/monthly", 6, 3),
            tile("projects/funnel", 6, 3),
            tile("companies/industries", 6, 3),
            tile("projects/pace", 6, 3),
        ]
    },
}
VIEWS = [*VISITS, *COMPANIES, *CHANNELS, *ACTIVITIES, *PROJECTS, *REPORTS, OVERVIEW]
