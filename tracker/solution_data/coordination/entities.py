"""Whom and what one deals with: companies, channels and activities."""

from __future__ import annotations

from typing import Any

from tracker.blueprint import Both, choices, field

BASE: dict[str, Any] = {
    "key": "coordination",
    "name": Both("协同管理总部", "HQ Coordination"),
    "icon": "building-community",
}

BUSINESS = choices(
    ("ipo", "上市与再融资", "IPO and refinancing", "blue"),
    ("bond", "债券融资", "Bonds", "indigo"),
    ("merger", "并购重组", "M&A", "purple"),
    ("incentive", "股权激励", "Equity incentives", "pink"),
    ("wealth", "财富管理", "Wealth management", "amber"),
    ("prime", "机构交易", "Institutional trading", "teal"),
    ("futures", "期货套保", "Hedging", "orange"),
    ("research", "研究服务", "Research", "cyan"),
    ("asset", "资产管理", "Asset management", "green"),
    ("equity", "股权投资", "Private equity", "olive"),
    ("cross", "跨境业务", "Cross-border", "red"),
)
INDUSTRY = choices(
    ("chips", "电子与半导体", "Electronics and chips", "blue"),
    ("machine", "高端装备", "Machinery", "indigo"),
    ("auto", "汽车与零部件", "Automotive", "purple"),
    ("energy", "新能源", "New energy", "green"),
    ("material", "新材料", "Materials", "teal"),
    ("pharma", "医药健康", "Health care", "pink"),
    ("consumer", "消费与食品", "Consumer and food", "amber"),
    ("software", "软件与信息", "Software and IT", "cyan"),
    ("agri", "现代农业", "Agriculture", "olive"),
    ("logistics", "交通与物流", "Transport", "orange"),
    ("environment", "节能环保", "Environment", "gray"),
    ("state", "地方国资平台", "Local state capital", "red"),
)
GRADE = choices(
    ("a", "A 重点", "A Key", "red"),
    ("b", "B 培育", "B Growing", "amber"),
    ("c", "C 一般", "C General", "gray"),
)
RELATION = choices(
    ("lead", "线索", "Lead", "gray"),
    ("contact", "接洽", "In contact", "blue"),
    ("proposal", "方案", "Proposal", "amber"),
    ("client", "合作", "Client", "green"),
    ("partner", "深度合作", "Strategic", "teal"),
    ("paused", "暂缓", "Paused", "red"),
)
DONE_VISITS: dict[str, Any] = {
    "link": "@companies.visits",
    "condition": {"field": "@visits.state", "op": "is", "value": "@visits.state:done"},
}
CREATED = [
    field("created_by", "created_by", ("创建人", "Created by")),
    field("created_at", "created_at", ("创建时间", "Created at")),
]

COMPANIES: dict[str, Any] = {
    "key": "companies",
    "name": Both("企业", "Companies"),
    "icon": "building",
    "options": {"sharing": "names", "names_fields": ["@companies.holder", "@companies.branch"]},
    "fields": [
        field("name", "text", ("企业名称", "Name"), required=True),
        field("short", "text", ("简称", "Short name")),
        field("grade", "single_choice", ("等级", "Grade"), options=GRADE),
        field("industry", "single_choice", ("行业", "Industry"), options=INDUSTRY),
        field("city", "text", ("城市", "City")),
        field("holder", "person", ("维护人", "Holder"), default={"var": "me"}),
        field("branch", "department", ("所属机构", "Branch"), default={"var": "my_department"}),
        field(
            "relation",
            "stage",
            ("合作阶段", "Relation"),
            options=RELATION,
            default="@companies.relation:lead",
        ),
        field("contact", "text", ("联系人", "Contact")),
        field("phone", "phone", ("电话", "Phone")),
        field("next_step", "text", ("下一步", "Next step")),
        field("business", "multiple_choice", ("合作业务", "Business lines"), options=BUSINESS),
        field(
            "listing",
            "single_choice",
            ("上市状态", "Listing"),
            options=choices(
                ("none", "未上市", "Unlisted", "gray"),
                ("coaching", "辅导期", "In coaching", "amber"),
                ("neeq", "新三板", "NEEQ", "blue"),
                ("listed", "已上市", "Listed", "green"),
            ),
        ),
        field(
            "capital",
            "currency",
            ("注册资本（万元）", "Registered capital (CNY 10k)"),
            options={"precision": 0},
        ),
        field("website", "url", ("网址", "Website")),
        field("address", "text", ("地址", "Address")),
        *CREATED,
    ],
    "computed": [
        field(
            "last_visit",
            "rollup",
            ("最近拜访", "Last visit"),
            options={**DONE_VISITS, "field": "@visits.start", "aggregate": "max"},
            help=Both("能看到的拜访中最近的一次", "The latest of the visits that you may see"),
        ),
        field(
            "visit_count",
            "count",
            ("拜访次数", "Visits made"),
            options=DONE_VISITS,
            help=Both("只计能看到的已完成拜访", "Of those that you may see"),
        ),
    ],
}

CHANNELS: dict[str, Any] = {
    "key": "channels",
    "name": Both("渠道", "Channels"),
    "icon": "building-bank",
    "fields": [
        field("name", "text", ("渠道名称", "Name"), required=True),
        field(
            "kind",
            "single_choice",
            ("类型", "Kind"),
            options=choices(
                ("bank", "银行网点", "Bank branch", "blue"),
                ("law", "律师事务所", "Law firm", "purple"),
                ("audit", "会计师事务所", "Audit firm", "indigo"),
                ("park", "产业园区", "Industrial park", "green"),
                ("chamber", "商会协会", "Chamber", "amber"),
                ("fund", "投资机构", "Investment firm", "teal"),
            ),
        ),
        field("city", "text", ("城市", "City")),
        field("holder", "person", ("维护人", "Holder"), default={"var": "me"}),
        field("branch", "department", ("所属机构", "Branch"), default={"var": "my_department"}),
        field(
            "state",
            "stage",
            ("合作状态", "State"),
            options=choices(
                ("contact", "接洽中", "In contact", "blue"),
                ("signed", "已签约", "Signed", "green"),
                ("active", "活跃", "Active", "teal"),
                ("asleep", "沉睡", "Asleep", "gray"),
            ),
        ),
        field("contact", "text", ("联系人", "Contact")),
        field("phone", "phone", ("电话", "Phone")),
        field(
            "referred",
            "link",
            ("推荐企业", "Referred companies"),
            options={"table": "@companies"},
            pair={"key": "referrer", "name": Both("推荐渠道", "Referred by")},
        ),
        field("note", "long_text", ("备注", "Note")),
        *CREATED,
    ],
}

ACTIVITIES: dict[str, Any] = {
    "key": "activities",
    "name": Both("活动", "Activities"),
    "icon": "calendar-event",
    "fields": [
        field("name", "text", ("活动名称", "Name"), required=True),
        field(
            "kind",
            "single_choice",
            ("类型", "Kind"),
            options=choices(
                ("roadshow", "路演", "Roadshow", "blue"),
                ("salon", "企业家沙龙", "Salon", "amber"),
                ("training", "专题培训", "Training", "cyan"),
                ("site", "走进上市公司", "Site visit", "green"),
                ("strategy", "策略会", "Strategy meeting", "purple"),
                ("education", "投资者教育", "Investor education", "teal"),
            ),
        ),
        field("start", "date", ("开始日期", "Start"), required=True),
        field("end", "date", ("结束日期", "End")),
        field("repeat", "recurrence", ("重复", "Repeats")),
        field(
            "state",
            "stage",
            ("状态", "State"),
            options=choices(
                ("preparing", "筹备中", "Preparing", "amber"),
                ("announced", "已发布", "Announced", "blue"),
                ("held", "已举办", "Held", "green"),
                ("cancelled", "已取消", "Cancelled", "gray"),
            ),
            default="@activities.state:preparing",
        ),
        field("place", "text", ("地点", "Place")),
        field("host", "department", ("主办机构", "Host"), default={"var": "my_department"}),
        field("leader", "person", ("负责人", "Leader"), default={"var": "me"}),
        field("heads", "number", ("参会人数", "Attendance")),
        field("budget", "currency", ("预算（元）", "Budget (CNY)"), options={"precision": 0}),
        field(
            "companies",
            "link",
            ("参会企业", "Companies"),
            options={"table": "@companies"},
            pair={"key": "activities", "name": Both("参加活动", "Activities")},
        ),
        field("summary", "long_text", ("活动总结", "Summary")),
        *CREATED,
    ],
}
