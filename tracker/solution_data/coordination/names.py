"""Invented names: colleagues, the people they meet, companies and channels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from tracker.keys import spelled
from tracker.solution_data.coordination.places import AREA_CODES

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯"
    "邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔"
)
SHORT = "伟芳敏静强磊洋艳勇娟涛明超霞平刚凯鹏婷琳斌鑫璐颖倩昊瑞翔帆毅岩蕾洁"
LONG = (
    "桂英建华建国志强秀兰晓东海燕丽娜文博子涵雨桐浩然思远嘉怡佳宁晨曦俊杰梦琪宇航欣怡天佑若曦"
    "一鸣书瑶景行怀瑾立群国栋永康春梅玉兰雪峰振宇家豪慧敏晓燕爱民云飞少华新宇成林雅琴"
)
GIVEN = [*SHORT, *(LONG[place : place + 2] for place in range(0, len(LONG), 2))]
# Company brands are put together from rare pairs, so that none is a company that exists.
BRAND_FIRST = "澜砚昀栎峤珣翊沣霁岫榆砾桉芷湛溯绥旌锴垚晗璟"
BRAND_SECOND = "川衡拓岑禾屿湾谷桥舟野峰石汀林澍畅朔阙庐"

# Industry → (what stands after the brand, what stands after that in the long name)
WORDS: dict[str, list[tuple[str, str]]] = {
    "chips": [("微电子", "股份"), ("半导体", "股份"), ("光电", "科技"), ("电子", "科技")],
    "machine": [("重工", "股份"), ("精密", "制造"), ("智能装备", "股份"), ("机床", "股份")],
    "auto": [("汽车零部件", "股份"), ("车桥", "股份"), ("传动", "科技"), ("新能源汽车", "股份")],
    "energy": [("新能源", "科技"), ("储能", "科技"), ("光伏", "股份"), ("电气", "股份")],
    "material": [("新材料", "股份"), ("化学", "股份"), ("复合材料", "科技"), ("特钢", "股份")],
    "pharma": [("生物", "医药"), ("药业", "股份"), ("医疗", "器械"), ("基因", "科技")],
    "consumer": [("食品", "股份"), ("乳业", "股份"), ("家居", "股份"), ("酒业", "股份")],
    "software": [("软件", "股份"), ("数据", "科技"), ("信息", "技术"), ("云科技", "股份")],
    "agri": [("农业", "科技"), ("种业", "股份"), ("牧业", "股份"), ("水产", "股份")],
    "logistics": [("物流", "股份"), ("航运", "股份"), ("供应链", "管理"), ("港务", "股份")],
    "environment": [("环保", "科技"), ("水务", "股份"), ("环境", "工程"), ("再生资源", "股份")],
    "state": [("城投", ""), ("国投", ""), ("产投", ""), ("交投", "")],
}
STATE_LONG = {
    "城投": "城市建设投资集团有限公司",
    "国投": "国有资本投资运营集团有限公司",
    "产投": "产业投资发展集团有限公司",
    "交投": "交通建设投资集团有限公司",
}
LONGEST = [  # names as long as they get, for the eye
    ("内蒙古自治区砚原现代农牧业产业化综合开发集团股份有限公司", "砚原农牧", "agri"),
    ("长江中游城市群绥汀综合交通枢纽建设投资发展集团有限公司", "绥汀交投", "state"),
    ("粤港澳大湾区溯谷先进半导体材料与器件研究院（集团）股份有限公司", "溯谷半导体", "chips"),
    ("西部陆海新通道霁朔国际多式联运供应链管理股份有限公司", "霁朔供应链", "logistics"),
]
TITLES = ["董事长", "总经理", "财务总监", "董事会秘书", "副总经理", "投融资总监", "证券事务代表"]
STREETS = [
    "科技路",
    "创新大道",
    "工业园路",
    "滨江路",
    "人民路",
    "长江路",
    "迎宾大道",
    "金融街",
    "高新路",
    "建设路",
]
# Kind of channel → names; those without a brand stand for the only one of their city
CHANNEL_KINDS: dict[str, list[str]] = {
    "bank": ["{brand}银行{city}分行", "{brand}银行{city}科技支行", "{city}农商银行{brand}支行"],
    "law": ["{brand}律师事务所（{city}）", "{city}{brand}律师事务所"],
    "audit": ["{brand}会计师事务所{city}分所"],
    "park": [
        "{city}{brand}科创产业园",
        "{city}{brand}生物医药产业园",
        "{city}{brand}智能制造产业园",
    ],
    "chamber": [
        "{city}装备制造行业协会",
        "{city}浙商联合会",
        "{city}青年企业家协会",
        "{city}民营经济促进会",
    ],
    "fund": ["{brand}创业投资（{city}）", "{brand}私募基金管理（{city}）"],
}


def people(rng: random.Random, taken: set[str]) -> Iterator[str]:
    """Names of colleagues, each once; frequent surnames come more often."""
    weights = [len(SURNAMES) + 6 - place for place in range(len(SURNAMES))]
    while True:
        name = rng.choices(SURNAMES, weights)[0] + rng.choice(GIVEN)
        if name not in taken:
            taken.add(name)
            yield name


def client(rng: random.Random) -> str:
    """Somebody met at a company: ``周志强（财务总监）``."""
    return f"{rng.choice(SURNAMES)}{rng.choice(GIVEN)}（{rng.choice(TITLES)}）"


def brands(rng: random.Random) -> Iterator[str]:
    """Brands, each once, in a shuffled order."""
    pairs = ["".join(pair) for pair in product(BRAND_FIRST, BRAND_SECOND)]
    rng.shuffle(pairs)
    return iter(pairs)


def company(rng: random.Random, brand: str, industry: str, city: str) -> tuple[str, str]:
    """The full and the short name of a company."""
    word, more = rng.choice(WORDS[industry])
    if industry == "state":
        return f"{city}{brand}{STATE_LONG[word]}", f"{brand}{word}"
    group = rng.choices(["", "（集团）"], [9, 1])[0]
    tail = {"股份": "股份有限公司", "科技": "科技股份有限公司"}.get(more, f"{more}有限公司")
    return f"{city}{brand}{word}{group}{tail}", f"{brand}{word}"


def channel(rng: random.Random, kind: str, brand: str, city: str, taken: set[str]) -> str:
    """The name of a channel, not in ``taken``."""
    while True:
        name = rng.choice(CHANNEL_KINDS[kind]).format(brand=brand, city=city)
        if name not in taken:
            taken.add(name)
            return name
        city = f"{city}{brand}"


def site(short: str) -> str:
    """The name of a website: 砚川精密 → ``yanchuanjingmi``."""
    return "".join(spelled(short))


def phone(rng: random.Random, city: str) -> str:
    """A number nobody has: local numbers never begin with 0."""
    return f"{AREA_CODES[city]}-0{rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
