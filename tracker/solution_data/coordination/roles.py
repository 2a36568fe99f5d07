"""Who may see and do what: field staff, owners of records, department heads, coordinators.

Rights add up row by row: everybody holds *field staff* and *record owner*, the people
of branches file the weekly report, heads hold *head* too.
"""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both

MY = {"var": "my_departments_below"}
HEADED = {"var": "headed_departments"}
ME = {"var": "me"}


def of(field: str, variable: dict[str, str]) -> dict[str, Any]:
    """The record belongs to the departments a variable names."""
    return {"field": f"@{field}", "op": "any_of", "value": [variable]}


def mine(field: str) -> dict[str, Any]:
    return {"field": f"@{field}", "op": "is", "value": ME}


def views(table: str, *keys: str) -> list[str]:
    return [f"@view:{table}/{key}" for key in keys]


def levels(level: str, *fields: str) -> dict[str, str]:
    return dict.fromkeys(fields, level)


OVERVIEW = "@view:overview"
COMPUTED = levels("read", "created_by", "created_at")
COMPANY_LINKS = ("visits", "projects", "activities", "referrer", "last_visit", "visit_count")

STAFF: dict[str, Any] = {
    "key": "staff",
    "name": Both("填报人员", "Field staff"),
    "views": [
        *views("visits", "mine", "calendar", "all", "followups", "monthly", "kinds"),
        *views("companies", "roster", "mine", "all", "industries"),
        *views("channels", "roster", "all"),
        *views("activities", "all", "calendar"),
        *views("projects", "all", "open", "board", "timeline", "stages", "funnel", "pace"),
        *views("objectives", "tree"),
        *views("reports", "duty", "all"),
        OVERVIEW,
    ],
    "forms": [
        *("@form:visits/quick", "@form:visits/full", "@form:visits/plan"),
        *("@form:companies/new", "@form:channels/new", "@form:activities/new"),
    ],
    "tables": {
        "visits": {
            "read": of("visits.branch", MY),
            "create": of("visits.branch", MY),
            "fields": "write",
            "levels": COMPUTED | levels("read", "number") | levels("hidden", "amount"),
        },
        "companies": {
            "read": of("companies.branch", MY),
            "create": of("companies.branch", MY),
            "update": of("companies.branch", MY),
            "fields": "write",
            "levels": COMPUTED
            | levels("read", "grade", *COMPANY_LINKS)
            | levels("once", "name", "branch")
            | levels("hidden", "capital"),
        },
        "channels": {
            "read": True,
            "create": of("channels.branch", MY),
            "update": of("channels.branch", MY),
            "fields": "write",
            "levels": COMPUTED | levels("read", "visits"),
        },
        "activities": {
            "read": True,
            "create": of("activities.host", MY),
            "fields": "write",
            "levels": COMPUTED | levels("hidden", "budget"),
        },
        "projects": {
            "read": {"any": [of("projects.branch", MY), of("projects.department", MY)]},
            "fields": "read",
            "levels": levels("hidden", "amount", "risk"),
        },
        "reports": {"read": of("reports.branch", MY), "fields": "read"},
        "objectives": {"read": True, "fields": "read"},
    },
}
REPORTER: dict[str, Any] = {
    "key": "reporter",
    "name": Both("周报填报人", "Weekly reporter"),
    "forms": ["@form:reports/weekly"],
    "tables": {
        "reports": {
            "read": of("reports.branch", MY),
            "create": of("reports.branch", MY),
            "update": of("reports.branch", MY),
            "fields": "write",
            "levels": COMPUTED | levels("once", "branch"),
        },
    },
}
OWNER: dict[str, Any] = {
    "key": "owner",
    "name": Both("记录本人", "Record owner"),
    "forms": ["@form:projects/new"],
    "tables": {
        "visits": {
            "read": mine("visits.visitor"),
            "create": {"all": [mine("visits.visitor"), of("visits.branch", MY)]},
            "update": mine("visits.visitor"),
            "delete": {
                "all": [
                    mine("visits.visitor"),
                    {"field": "@visits.state", "op": "is_not", "value": "@visits.state:done"},
                ]
            },
            "fields": "write",
            "levels": COMPUTED | levels("read", "number"),
        },
        "companies": {
            "read": mine("companies.holder"),
            "update": mine("companies.holder"),
            "fields": "write",
            "levels": COMPUTED
            | levels("read", "grade", "name", "branch", *COMPANY_LINKS)
            | levels("hidden", "capital"),
        },
        "activities": {
            "read": mine("activities.leader"),
            "create": {"all": [mine("activities.leader"), of("activities.host", MY)]},
            "update": mine("activities.leader"),
            "delete": {
                "all": [
                    mine("activities.leader"),
                    {
                        "field": "@activities.state",
                        "op": "is",
                        "value": "@activities.state:preparing",
                    },
                ]
            },
            "fields": "write",
            "levels": COMPUTED,
        },
        "projects": {
            "read": mine("projects.leader"),
            "create": mine("projects.leader"),
            "update": mine("projects.leader"),
            "fields": "write",
            "levels": COMPUTED | levels("read", "reports", "days_left"),
        },
        "objectives": {
            "read": mine("objectives.owner"),
            "update": mine("objectives.owner"),
            "fields": "write",
            "levels": COMPUTED | levels("read", "weight", "part_of"),
        },
    },
}
HEAD: dict[str, Any] = {
    "key": "head",
    "name": Both("部门负责人", "Department head"),
    "views": [
        OVERVIEW,
        *views("visits", "calendar", "all", "followups", "monthly", "kinds", "branches"),
        *views("visits", "opportunities", "months"),
        *views("companies", "roster", "all", "industries"),
        *views("channels", "roster", "all"),
        *views("activities", "all", "calendar"),
        *views("projects", "open", "all", "board", "timeline", "stages", "funnel", "pace"),
        *views("objectives", "tree"),
        *views("reports", "duty", "all", "help"),
    ],
    "tables": {
        "visits": {"read": of("visits.branch", HEADED), "export": True, "fields": "read"},
        "companies": {
            "read": of("companies.branch", HEADED),
            "update": of("companies.branch", HEADED),
            "export": True,
            "fields": "read",
            "levels": levels("write", "holder", "grade", "relation", "next_step"),
        },
        "channels": {"read": of("channels.branch", HEADED), "export": True, "fields": "read"},
        "activities": {"read": of("activities.host", HEADED), "export": True, "fields": "read"},
        "projects": {
            "read": {"any": [of("projects.branch", HEADED), of("projects.department", HEADED)]},
            "export": True,
            "fields": "read",
        },
        "reports": {"read": of("reports.branch", HEADED), "export": True, "fields": "read"},
        "objectives": {
            "read": True,
            "create": of("objectives.branch", HEADED),
            "update": of("objectives.branch", HEADED),
            "export": True,
            "fields": "write",
            "levels": COMPUTED,
        },
    },
}
COORDINATOR: dict[str, Any] = {
    "key": "coordinator",
    "name": Both("协同管理员", "Coordinator"),
}
ROLES = [STAFF, OWNER, REPORTER, HEAD, COORDINATOR]
