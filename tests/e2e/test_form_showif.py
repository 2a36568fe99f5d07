"""Show-if: the browser and the server ask the same questions, whatever is typed."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms import build, definition
from tests import world as worlds
from tests.conftest import opened
from tests.e2e.filing import fill, send
from tests.tracker.test_conditions import trees
from tracker import conditions, fieldtypes, models, permissions
from tracker.models import Form

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


def test_the_browser_and_the_server_ask_the_same_questions(visit, filing):
    page = visit(
        f"/f/{filing.forms['every']}", who="admin", viewport={"width": 1280, "height": 800}
    )
    page.wait_for_function("() => document.querySelector('.ts-wrapper')")
    with opened(filing.url):
        world = worlds.World()
        viewer = permissions.viewer_for(models.Person.get(models.Person.name == "管理"), lang="zh")
        form = Form.get_by_id(filing.forms["every"])
        read = definition.load(viewer, form)
        target = filing.fields["verdict"]
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


def test_questions_come_and_go_while_one_types(visit, filing):
    page = visit(f"/f/{filing.forms['phone']}")
    notes = page.locator(filing.block("notes"))
    assert notes.is_hidden()
    page.check(filing.name("state") + " >> nth=1")
    assert notes.is_visible()
    fill(page, filing, "有问有答")
    send(page)
    page.locator(f"{filing.block('notes')} .error").wait_for()
    page.check(filing.name("state") + " >> nth=0")
    send(page)
    page.wait_for_url("**/done?**")
    assert filing.visits()["有问有答"]["notes"] is None
