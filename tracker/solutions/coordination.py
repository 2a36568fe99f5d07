"""协同管理总部工作平台: companies, channels, visits, activities, projects and the weekly report."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Maker
from tracker.solution_data.coordination import (
    duties,
    entities,
    filling,
    forms,
    objectives,
    roles,
    views,
    work,
)
from tracker.solutions import SignIn, Solution, registry
from tracker.text import _


@registry.register
class Coordination(Solution):
    key = "coordination"
    name = _("HQ Coordination Workspace")
    about = _("Visits, companies, channels, activities and projects of a group with branches.")
    icon = "building-community"
    order = 10
    sign_ins = (
        SignIn(_("Field staff"), "wangfang@example.com"),
        SignIn(_("Department head"), "lijianguo@example.com"),
        SignIn(_("Coordinator"), "chenjing@example.com"),
        SignIn(_("Administrator"), "zhaolei@example.com"),
    )

    def blueprint(self) -> dict[str, Any]:
        tables = [work.VISITS, entities.COMPANIES, entities.CHANNELS, entities.ACTIVITIES]
        return {
            "base": entities.BASE,
            "tables": [*tables, work.PROJECTS, work.REPORTS, objectives.OBJECTIVES],
            "forms": forms.FORMS,
            "duties": duties.DUTIES,
            "views": [*views.VIEWS, objectives.TIMELINE, *objectives.VIEWS],
            "roles": roles.ROLES,
            "automations": duties.AUTOMATIONS,
        }

    def demo(self, made: Maker) -> None:
        filling.fill(made)
