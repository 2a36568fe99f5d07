"""Forms in a real browser: a phone with a weak signal, show-if on both sides, the designer, axe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms import build, definition
from tests import world as worlds
from tests.conftest import ROOT, opened
from tests.e2e import serving
from tests.forms.conftest import form_of
from tests.tracker.test_conditions import trees
from tracker import accounts, conditions, db, fieldtypes, migrations, models, permissions, tables
from tracker import settings as settings_module
from tracker.models import Form
from tracker.query import Query

SYSTEM = permissions.system()
AXE = ROOT / ".setup" / "axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map((one) => one.id + ": " + one.nodes.slice(0, 4).map((node) => node.target).join(" | "))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
STORED = "() => Object.keys(localStorage).filter((key) => /draft|queue/.test(key))"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "locale": "zh-CN"}


@dataclass
class Place:
    """The served world: addresses, cookies, and ids by key."""

    address: str
    url: str
    cookies: dict[str, str]
    forms: dict[str, int]
    fields: dict[str, int]

    def visits(self) -> dict[str, dict[str, Any]]:
        """Title → values by key of what is stored."""
        with opened(self.url):
            query = Query(SYSTEM, worlds.World().visits)
            found = query.fetch(query.ids())
            return {
                one.title: {key: one.values.get(field) for key, field in self.fields.items()}
                for one in found
            }

    def name(self, key: str) -> str:
        return f"[name=f{self.fields[key]}]"

    def block(self, key: str) -> str:
        return f'[data-question="{self.fields[key]}"]'


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("form") / "data"
    folder.mkdir()
    url = settings_module.load({"ROUNDS_DATA_DIR": str(folder)}).database_url
    with opened(url):
        migrations.migrate()
        world = worlds.build()
        worlds.sample(world)
        tables.add_field(SYSTEM, world.visits, "text", "结论", key="verdict")
        accounts.set_password(world.people["admin"], "seven rounds a day")
        with db.write():
            cookies = {name: accounts.start_session(one) for name, one in world.people.items()}
        forms = {"phone": phone(world), "every": form_of(world).id, "designed": phone(world)}
        fields = {one.key: one.id for one in world.visits.fields}
    with serving.served(folder, demo=False) as address:
        yield Place(address, url, cookies, forms, fields)


def phone(world: worlds.World) -> int:
    """What a person fills in between two meetings."""
    done = {"field": world.visits.field("state").id, "op": "is", "value": "完成"}
    form = form_of(
        world,
        {"field": "company", "required": True},
        {"field": "kind", "required": True},
        {"field": "state", "default": 1},
        {"field": "department", "default": {"var": "my_department"}},
        {"field": "title", "required": True, "help": "一句话"},
        {"field": "notes", "required": True, "show_if": done},
        {"field": "tags"},
        {"field": "people"},
        {"field": "start", "default": "now"},
    )
    return int(form.id)


@pytest.fixture
def visit(browser, place):
    """``visit(path, who="owner", …context options)``: a page, and its context."""
    contexts = []

    def start(path: str, who: str = "owner", **options: Any):
        context = browser.new_context(**{**PHONE, **options})
        contexts.append(context)
        context.add_cookies([{"name": "rounds", "value": place.cookies[who], "url": place.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(f"{place.address}{path}")
        return page

    yield start
    for context in contexts:
        context.close()


def fill(page, place: Place, title: str) -> None:
    """A visit to the company found by its pinyin initials."""
    pick(page, place, "cqyl")
    page.check(place.name("kind") + " >> nth=1")
    page.fill(place.name("title"), title)


def pick(page, place: Place, letters: str) -> None:
    search = page.locator(f"{place.block('company')} .ts-control > input")
    search.click()
    search.press_sequentially(letters)
    page.locator(f"{place.block('company')} .ts-dropdown .option").first.click()
    page.keyboard.press("Escape")


def send(page) -> None:
    page.click("#form button[type=submit]")


def on_phone(page) -> str:
    """What waits on the device: how many drafts and submissions."""
    page.wait_for_timeout(50)
    return " ".join(sorted(key.split(":")[0].split(".")[1] for key in page.evaluate(STORED)))


# ── filing ───────────────────────────────────────────────────────────────────


def test_a_visit_is_filed_with_a_thumb(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "一个拇指")
    page.get_by_text("已有").wait_for()  # this company was visited before
    page.check(place.name("tags") + " >> nth=0")
    page.check(place.name("tags") + " >> nth=2")
    send(page)
    page.wait_for_url("**/done?**")
    assert page.get_by_role("link", name="一个拇指").is_visible()
    stored = place.visits()["一个拇指"]
    assert (stored["kind"], stored["tags"], stored["people"]) == (2, [1, 3], None)
    assert stored["start"] and stored["company"] and on_phone(page) == ""


def test_the_first_wrong_answer_gets_the_focus_and_nothing_is_lost(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    page.fill(place.name("title"), "还没填完")
    page.fill(place.name("people"), "很多")
    page.check(place.name("tags") + " >> nth=1")
    send(page)
    page.locator(".error").first.wait_for()
    company = place.block("company")
    focused = f"() => document.activeElement.closest('[data-question]')?.matches('{company}')"
    page.wait_for_function(focused)
    assert page.locator(f"{place.block('people')} .error").inner_text() == "“很多”不是数字。"
    assert page.input_value(place.name("people")) == "很多"
    assert page.input_value(place.name("title")) == "还没填完"
    assert page.is_checked(place.name("tags") + " >> nth=1")
    pick(page, place, "cqyl")
    assert page.locator(f"{company} .error").count() == 0  # being put right
    page.check(place.name("kind") + " >> nth=0")
    page.fill(place.name("people"), "3")
    send(page)
    page.wait_for_url("**/done?**")
    assert place.visits()["还没填完"]["people"] == 3


def test_pressing_twice_files_once(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "按了两次")
    page.evaluate(
        "() => { const button = document.querySelector('#form button[type=submit]');"
        " button.click(); button.click(); }"
    )
    page.wait_for_url("**/done?**")
    assert list(place.visits()).count("按了两次") == 1


def test_an_answer_that_is_not_needed_can_be_taken_back(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    state = page.locator(place.name("state")).first
    assert state.is_checked()
    state.click()
    assert not state.is_checked()
    kind = page.locator(place.name("kind")).first
    kind.click()
    kind.click()
    assert kind.is_checked()  # this one is needed


# ── a weak signal ────────────────────────────────────────────────────────────


def test_a_draft_comes_back_with_what_was_picked(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "写了一半")
    page.get_by_text("草稿已存到手机").wait_for()
    page.reload()
    page.get_by_text("已恢复").wait_for()
    assert page.input_value(place.name("title")) == "写了一半"
    assert page.locator(f"{place.block('company')} .item").inner_text().startswith("重庆医疗")
    assert page.is_checked(place.name("kind") + " >> nth=1")
    page.get_by_role("button", name="清空重填").click()
    page.wait_for_function(f"() => !document.querySelector('{place.name('title')}').value")
    assert on_phone(page) == ""


def test_without_a_signal_it_waits_and_is_sent_by_itself(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "地下车库")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    assert on_phone(page) == "queue" and "地下车库" not in place.visits()
    page.get_by_role("button", name="再填一份").click()
    assert page.input_value(place.name("title")) == ""
    fill(page, place, "还在车库")  # the list of companies stands in the page
    send(page)
    page.get_by_text("2 份等待提交").wait_for()
    page.context.set_offline(False)
    page.wait_for_url("**/done?**")
    page.wait_for_function("() => !localStorage.getItem('rounds.queue:2')")
    assert {"地下车库", "还在车库"} <= place.visits().keys()


def test_an_answer_lost_on_the_way_makes_no_second_record(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "回音没到")
    lost: list[int] = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)  # the server has it
            route.abort()
        else:
            route.continue_()

    page.route("**/f/*", lose)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    assert lost == [303] and "回音没到" in place.visits()
    page.evaluate("() => rounds.device.sendAll()")
    page.wait_for_url("**/done?**")
    assert list(place.visits()).count("回音没到") == 1 and on_phone(page) == ""


def test_what_waited_and_is_refused_stays_to_be_corrected(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "先存后改")
    page.fill(place.name("people"), "不少")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.context.set_offline(False)
    page.goto(f"{place.address}/file")
    page.get_by_text("没有通过").wait_for()
    page.get_by_role("link", name="打开修改").click()
    page.wait_for_url("**/f/*?waiting=*")
    assert page.input_value(place.name("people")) == "不少"
    page.fill(place.name("people"), "7")
    send(page)
    page.wait_for_url("**/done?**")
    assert place.visits()["先存后改"]["people"] == 7 and on_phone(page) == ""


def test_a_page_left_open_over_night_still_files(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "过了一夜")
    page.evaluate("() => { document.getElementById('form').elements.csrf_token.value = 'old'; }")
    send(page)
    page.wait_for_url("**/done?**")
    assert "过了一夜" in place.visits()


def test_when_the_sign_in_has_ended_it_waits_for_the_next(visit, place):
    page = visit(f"/f/{place.forms['phone']}", who="colleague")
    fill(page, place, "登录过期")
    with opened(place.url):
        person = models.Person.get(models.Person.name == "李娜")
        with db.write():
            models.Session.delete().where(models.Session.person == person).execute()
            place.cookies["colleague"] = accounts.start_session(person)
    send(page)
    page.get_by_text("登录已过期").wait_for()
    assert on_phone(page) == "queue" and "登录过期" not in place.visits()
    page.context.add_cookies(
        [{"name": "rounds", "value": place.cookies["colleague"], "url": place.address}]
    )
    page.goto(f"{place.address}/file")
    page.wait_for_function(f"() => !localStorage.getItem('rounds.queue:{person.id}')")
    assert "登录过期" in place.visits()


def test_what_waits_is_sent_for_nobody_else(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    fill(page, place, "王芳填的")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.context.add_cookies(
        [{"name": "rounds", "value": place.cookies["head"], "url": place.address}]
    )
    page.context.set_offline(False)
    page.evaluate("() => rounds.device.sendAll()")
    page.goto(f"{place.address}/file")
    assert page.locator("#waiting").is_hidden() and "王芳填的" not in place.visits()


def test_signing_out_with_something_waiting_asks_first(visit, place):
    page = visit(f"/f/{place.forms['phone']}", who="admin")
    fill(page, place, "还没发出")
    page.context.set_offline(True)
    send(page)
    page.get_by_role("heading", name="已保存到手机").wait_for()
    page.route("**/file/token", lambda route: route.abort())  # it goes on waiting
    page.context.set_offline(False)
    page.goto(f"{place.address}/file")
    page.click(".person-button")
    page.click("form[action='/sign-out'] button")
    page.get_by_text("手机上还有 1 份没有提交").wait_for()
    page.get_by_role("button", name="取消").click()
    assert on_phone(page) == "queue" and page.url.endswith("/file")


# ── without a script ─────────────────────────────────────────────────────────


def test_it_works_without_a_script(visit, place):
    page = visit(f"/f/{place.forms['phone']}", java_script_enabled=False)
    assert page.locator("noscript .help").inner_text() == "仅当「状态」为 完成时填写。"
    page.select_option(place.name("company"), label="重庆医疗")
    page.fill(place.name("title"), "没有脚本")
    page.fill(place.name("people"), "很多")
    send(page)
    assert page.locator(".error").count() == 2
    assert page.input_value(place.name("title")) == "没有脚本"
    page.check(place.name("kind") + " >> nth=0")
    page.fill(place.name("people"), "2")
    send(page)
    assert page.get_by_role("link", name="没有脚本").is_visible()
    assert place.visits()["没有脚本"]["people"] == 2


# ── show-if on both sides ────────────────────────────────────────────────────

TYPED = {
    "line": [
        "",
        "东部首访",
        " ipo ",
        "IPO 与 \u00a0",
        "\u3000空白\u3000",
        "a\u2028b",
        "\ufeffx",
        "%",
    ],
    "lines": ["", "第一行\n第二行 ipo", "  \n ", "_"],
    "number": [
        "",
        "3",
        " 1,000.5 ",
        "０",
        "-1",
        "5.49",
        "5.5",
        "1e3",
        "1_000",
        "+0",
        ".5",
        "00003",
    ],
    "money": ["", "¥3", "1,000.50元", "-￥1", "0.005", "USD 5", "３", "999999999999"],
    "day": ["", "2026-11-03", "2026-11-04", "2025-02-28"],
    "moment": ["", "2026-11-03T00:00", "2026-11-04T09:30", "2025-12-31T23:59"],
}
PUT = """([cases, condition, target]) => {
  const form = document.getElementById("form");
  for (const [name, values] of cases) {
    for (const control of form.querySelectorAll(`[name=${name}]`)) {
      const first = values[0] || "";
      const box = control.matches("[type=radio], [type=checkbox]");
      if (control.tomselect) control.tomselect.setValue(control.multiple ? values : first, true);
      else if (box) control.checked = values.includes(control.value);
      else control.value = first;
    }
  }
  const block = document.querySelector(`[data-question="${target}"]`);
  block.dataset.showIf = JSON.stringify(condition);
  rounds.showIf.refresh(document.getElementById("answers"));
  return [!block.hasAttribute("data-off"), [...new FormData(form)]];
}"""


def typed(question) -> st.SearchStrategy[list[str]]:
    """What people may type or choose as the answer to a question."""
    kind = build.INPUTS[fieldtypes.get(question.field).widget].reads
    if kind in {"id", "ids"}:
        return st.lists(
            st.sampled_from(["1", "2", "3"]), max_size=1 if kind == "id" else 3, unique=True
        )
    if kind == "checked":
        return st.sampled_from([[], ["1"]])
    kind = "money" if question.field.type == "currency" else kind
    return st.sampled_from(TYPED[kind]).map(lambda text: [text])


def test_the_browser_and_the_server_ask_the_same_questions(visit, place):
    page = visit(f"/f/{place.forms['every']}", who="admin", viewport={"width": 1280, "height": 800})
    page.wait_for_function("() => document.querySelector('.ts-wrapper')")
    with opened(place.url):
        world = worlds.World()
        viewer = permissions.viewer_for(models.Person.get(models.Person.name == "管理"), lang="zh")
        form = Form.get_by_id(place.forms["every"])
        read = definition.load(viewer, form)
        target = place.fields["verdict"]
        asked = [one for one in read.questions if one.field.id != target]
        answers = st.fixed_dictionaries({build.name_of(one): typed(one) for one in asked})

        @settings(max_examples=400, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(trees(world.visits), answers)
        def agree(condition, given_answers):
            condition = conditions.check(condition, world.visits, viewer.context)
            assume(target not in build.showif.fields_of(condition))
            ids = {one.field.id for one in read.questions}
            compiled = build.showif.for_browser(condition, world.visits, ids, viewer)
            by_browser, sent = page.evaluate(
                PUT, [[*map(list, given_answers.items())], compiled, target]
            )
            posted = build.posted(read, viewer, MultiDict(map(tuple, sent)))
            posted.validate()
            assume(not posted.problems)
            values = {one.question.field.id: one.value for one in posted}
            by_server = build.showif.holds(condition, world.visits, values, viewer)
            assert by_browser == by_server, (condition, given_answers)

        agree()


def test_questions_come_and_go_while_one_types(visit, place):
    page = visit(f"/f/{place.forms['phone']}")
    notes = page.locator(place.block("notes"))
    assert notes.is_hidden()
    page.check(place.name("state") + " >> nth=1")
    assert notes.is_visible()
    fill(page, place, "有问有答")
    send(page)
    page.locator(f"{place.block('notes')} .error").wait_for()
    page.check(place.name("state") + " >> nth=0")
    send(page)
    page.wait_for_url("**/done?**")
    assert place.visits()["有问有答"]["notes"] is None


# ── the designer ─────────────────────────────────────────────────────────────


def order(page) -> list[str]:
    return page.evaluate(
        "() => [...document.querySelectorAll('#parts [data-field]')].map((one) => one.dataset.name)"
    )


def test_a_form_is_arranged_by_hand_and_by_keys(visit, place):
    wide = {"viewport": {"width": 1440, "height": 900}, "has_touch": False}
    page = visit(f"/configure/forms/{place.forms['designed']}", who="admin", **wide)
    row = lambda key: page.locator(f'#parts [data-field="{place.fields[key]}"]')  # noqa: E731
    row("tags").locator(".grip").drag_to(row("kind"), target_position={"x": 60, "y": 4})
    assert order(page)[:3] == ["企业", "标签", "方式"]
    up = row("start").locator("[data-go=up]")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert order(page)[-3:] == ["开始", "纪要", "人数"]
    row("people").locator("[data-go=out]").click()
    row("title").locator("[data-open]").click()
    page.fill(f"#q{place.fields['title']}-label", "谈了什么")
    row("start").locator("[data-open]").click()
    row("start").get_by_role("button", name="添加条件").click()
    line = row("start").locator(".show-if-line")
    line.get_by_label("问题").select_option(label="标题")
    line.locator("select").nth(1).select_option("contains")
    line.locator("[data-value]").fill("合作")
    preview = page.locator("#preview")
    preview.get_by_text("谈了什么").wait_for()
    preview.locator(place.block("people")).wait_for(state="detached")
    assert preview.locator(place.block("start")).is_hidden()
    page.click("button[form=designer]")
    page.get_by_text("已保存，立即生效").wait_for()
    filled = visit(f"/f/{place.forms['designed']}")
    assert filled.locator(place.block("start")).is_hidden()
    filled.fill(place.name("title"), "谈合作")
    assert filled.locator(place.block("start")).is_visible()
    assert filled.locator(place.block("people")).count() == 0


def test_what_cannot_work_is_said_before_it_is_saved(visit, place):
    wide = {"viewport": {"width": 1440, "height": 900}, "has_touch": False}
    page = visit(f"/configure/forms/{place.forms['phone']}", who="admin", **wide)
    page.locator(f'[data-field="{place.fields["state"]}"] [data-go=out]').click()
    told = page.locator(f'[data-field="{place.fields["notes"]}"] [data-problems]')
    told.get_by_text("要先问“状态”").wait_for()
    page.click("button[form=designer]")
    page.get_by_text("没有保存").wait_for()
    page.locator(f'#pool [data-field="{place.fields["state"]}"] [data-go=in]').click()
    assert order(page)[-1] == "状态"


# ── for everybody ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(390, "light", "zh-CN"), (1440, "dark", "en-US")]
)
def test_nothing_is_found_by_axe_and_nothing_overflows(visit, place, width, scheme, locale):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make test once.")
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "locale": locale}
    page = visit(f"/f/{place.forms['phone']}", who="admin", **look)
    found = check(page, "form")
    send(page)
    page.locator(".error").first.wait_for()
    found += check(page, "refused")
    for path in (
        f"/f/{place.forms['every']}",
        f"/f/{place.forms['phone']}/done?record=1",
        "/file",
        f"/configure/forms/{place.forms['phone']}",
    ):
        page.goto(place.address + path)
        page.wait_for_load_state("networkidle")
        if "configure" in path:
            page.locator("[data-open]").nth(5).click()
        found += check(page, path)
    assert found == []


def check(page, where: str) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = [f"{where}: {one}" for one in page.evaluate(FOUND)]
    return found + ([f"{where}: too wide"] if page.evaluate(WIDE) > 0 else [])
