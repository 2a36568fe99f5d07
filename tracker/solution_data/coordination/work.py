"""The tables people work in every day: visits, projects and the weekly report."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both, choices, field
from tracker.solution_data.coordination.entities import BUSINESS, CREATED

LEVELS = (
    ("high", "高", "High", "green"),
    ("middle", "中", "Medium", "amber"),
    ("low", "低", "Low", "red"),
)

VISITS: dict[str, Any] = {
    "key": "visits",
    "name": Both("拜访", "Visits"),
    "icon": "route",
    "fields": [
        field(
            "subject",
            "text",
            ("主题", "Subject"),
            required=True,
            help=Both("一句话说明谈什么", "In one sentence"),
        ),
        field(
            "company",
            "link",
            ("企业", "Company"),
            options={"table": "@companies", "single": True},
            pair={"key": "visits", "name": Both("拜访记录", "Visits")},
        ),
        field(
            "channel",
            "link",
            ("渠道", "Channel"),
            options={"table": "@channels", "single": True},
            pair={"key": "visits", "name": Both("拜访记录", "Visits")},
        ),
        field("start", "datetime", ("开始时间", "Start"), required=True, default="now"),
        field("end", "datetime", ("结束时间", "End")),
        field(
            "state",
            "stage",
            ("状态", "State"),
            options=choices(
                ("planned", "计划中", "Planned", "blue"),
                ("done", "已完成", "Done", "green"),
                ("cancelled", "已取消", "Cancelled", "gray"),
            ),
            default="@visits.state:planned",
        ),
        field(
            "kind",
            "single_choice",
            ("方式", "Kind"),
            options=choices(
                ("onsite", "上门拜访", "On site", "blue"),
                ("hosting", "来访接待", "Hosting", "teal"),
                ("meeting", "视频会议", "Video call", "purple"),
                ("phone", "电话沟通", "Phone call", "amber"),
                ("event", "活动交流", "At an event", "pink"),
            ),
        ),
        field("business", "multiple_choice", ("涉及业务", "Business lines"), options=BUSINESS),
        field("visitor", "person", ("拜访人", "Visitor"), required=True, default={"var": "me"}),
        field("companions", "text", ("同行人", "Companions")),
        field(
            "branch",
            "department",
            ("所属机构", "Branch"),
            required=True,
            default={"var": "my_department"},
        ),
        field("met", "text", ("对方人员", "Met with")),
        field("place", "text", ("地点", "Place")),
        field("summary", "long_text", ("拜访纪要", "Minutes")),
        field("photos", "attachment", ("现场照片", "Photos"), options={"most": 9}),
        field("spot", "location", ("打卡位置", "Where it was")),
        field("rating", "single_choice", ("合作意向", "Interest"), options=choices(*LEVELS)),
        field(
            "amount",
            "currency",
            ("商机金额（万元）", "Opportunity (CNY 10k)"),
            options={"precision": 0},
        ),
        field("next_step", "text", ("下一步", "Next step")),
        field("next_date", "date", ("跟进日期", "Follow up on")),
        field("number", "autonumber", ("编号", "No."), options={"pattern": "BF-{00000}"}),
        *CREATED,
    ],
}

PROJECTS: dict[str, Any] = {
    "key": "projects",
    "name": Both("项目", "Projects"),
    "icon": "briefcase",
    "fields": [
        field("name", "text", ("项目名称", "Name"), required=True),
        field(
            "kind",
            "single_choice",
            ("类型", "Kind"),
            options=choices(
                ("ipo", "首发上市", "IPO", "blue"),
                ("placement", "定向增发", "Private placement", "cyan"),
                ("bond", "公司债", "Corporate bond", "indigo"),
                ("merger", "并购重组", "M&A", "purple"),
                ("abs", "资产证券化", "ABS", "teal"),
                ("neeq", "新三板挂牌", "NEEQ listing", "olive"),
                ("incentive", "员工持股", "Employee shares", "pink"),
            ),
        ),
        field(
            "stage",
            "stage",
            ("阶段", "Stage"),
            options=choices(
                ("lead", "线索", "Lead", "gray"),
                ("approved", "立项", "Approved", "blue"),
                ("diligence", "尽调", "Due diligence", "cyan"),
                ("filing", "申报", "Filing", "purple"),
                ("review", "审核", "Review", "amber"),
                ("issue", "发行", "Issue", "orange"),
                ("closed", "完成", "Closed", "green"),
                ("ended", "终止", "Ended", "red"),
            ),
            default="@projects.stage:lead",
        ),
        field(
            "company",
            "link",
            ("企业", "Company"),
            options={"table": "@companies", "single": True},
            pair={"key": "projects", "name": Both("合作项目", "Projects")},
        ),
        field("leader", "person", ("项目负责人", "Leader"), default={"var": "me"}),
        field("department", "department", ("承做部门", "Department")),
        field("branch", "department", ("承揽机构", "Branch"), default={"var": "my_department"}),
        field("amount", "currency", ("规模（万元）", "Size (CNY 10k)"), options={"precision": 0}),
        field(
            "risk",
            "single_choice",
            ("风险", "Risk"),
            options=choices(
                ("low", "正常", "On track", "green"),
                ("middle", "关注", "Watch", "amber"),
                ("high", "预警", "At risk", "red"),
            ),
        ),
        field("done", "progress", ("完成度", "Done")),
        field("start", "date", ("启动日期", "Started"), default="today"),
        field("due", "date", ("预计完成", "Expected")),
        field("progress", "long_text", ("本周进展", "This week")),
        *CREATED,
    ],
    "computed": [
        field(
            "days_left",
            "formula",
            ("剩余天数", "Days left"),
            options={
                "formula": "IF(AND({due}, {done} < 1), DATETIME_DIFF({due}, TODAY(), 'days'))",
                "decimals": 0,
            },
            help=Both("距预计完成的天数，负数为逾期", "To the expected day; below zero it is late"),
        ),
    ],
}

REPORTS: dict[str, Any] = {
    "key": "reports",
    "name": Both("项目周报", "Weekly reports"),
    "icon": "clipboard-check",
    "fields": [
        field(
            "headline",
            "text",
            ("本周小结", "Headline"),
            required=True,
            help=Both("一句话概括本周", "The week in one sentence"),
        ),
        field(
            "branch",
            "department",
            ("填报机构", "Branch"),
            required=True,
            default={"var": "my_department"},
        ),
        field("week", "date", ("填报日期", "Reported on"), required=True, default="today"),
        field("author", "person", ("填报人", "Author"), default={"var": "me"}),
        field(
            "projects",
            "link",
            ("涉及项目", "Projects"),
            options={"table": "@projects"},
            pair={"key": "reports", "name": Both("周报", "Weekly reports")},
        ),
        field("visits", "number", ("拜访家次", "Visits made")),
        field("progress", "long_text", ("本周进展", "Progress"), required=True),
        field("plan", "long_text", ("下周计划", "Plan for next week")),
        field("risks", "long_text", ("风险与需协调事项", "Risks and help needed")),
        field("escalate", "checkbox", ("需总部协调", "Needs head office")),
        *CREATED,
    ],
}
