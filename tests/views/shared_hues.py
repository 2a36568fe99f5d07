"""What colours records behind a link: rules over what it shows, for the tests of its kinds."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

from tests.views.test_shared_links import link
from tracker import db, models, schema
from views.shared import windows
from views.viewing import Viewing

COLOURED = {  # kind → what stands around a coloured title
    "grid": r'<tr class="is-edged is-filled tag-(\w+)">.*?<span class="shared-cell">(.*?)<',
    "gallery": r'<li class="card is-coloured tag-(\w+)"><strong class="shared-card-title">(.*?)<',
    "kanban": r'<li class="card is-coloured tag-(\w+)"><strong class="shared-card-title">(.*?)<',
    "calendar": r'<li class="shared-entry tag-(green|red|pink|cyan)[^>]*title="(.*?)"',
    "timeline": r'shared-line-name">([^<]*)<(?:(?!</tr>).)*?shared-bar tag-(green|red|pink)',
    "hierarchy": r'<tr class="hi-row is-edged is-filled tag-(\w+)".*?hi-title">(.*?)<',
}


def rules_colour_by_what_is_shown(site, visitor, kinds, secret):
    """A rule over a hidden field, over one that is told in sums alone, and for who looks: none."""
    field = {one.key: one.id for one in site.world.visits.fields}
    hidden = {"field": field["people"], "op": "gt", "value": 1}
    mine = {"field": field["owner"], "op": "is", "value": {"var": "me"}}
    first = {"field": field["title"], "op": "contains", "value": "访0"}
    rules = [
        {"when": hidden, "color": "red"},
        {"when": {"any": [first, hidden]}, "color": "red", "paint": "cell", "field": field["day"]},
        {"when": {"not": mine}, "color": "pink"},
        {"when": first, "color": "green", "paint": "row"},
    ]
    for kind, pattern in COLOURED.items():
        number = int(kinds[kind].rpartition("/")[2])
        saved = models.View.get_by_id(number).options
        colors = {"colors": rules}
        if kind == "calendar":
            dear = {"field": field["people"], "op": "is", "value": 3}
            layers = [
                {**one, "colors": [{"when": dear, "color": "cyan"}]} for one in saved["layers"]
            ]
            colors |= {"layers": layers}
        models.View.update(options={**saved, **colors}).where(models.View.id == number).execute()
        page = html.unescape(visitor.get(link(site, kinds[kind])).text)
        found = {tuple(sorted(one)) for one in re.findall(pattern, page, re.S)}
        assert found == {("green", "东访0")}, (kind, found)
        assert "contains" in page and "「标题」" in page, kind  # what the colour means
        models.View.update(options=saved).where(models.View.id == number).execute()
    hidden_figures_stay_hidden(site, visitor, kinds, secret)
    colours_of_the_address_go_along(site, visitor, kinds, first)
    sums_tell_no_record(site, kinds)


def hidden_figures_stay_hidden(site, visitor, kinds, secret):
    [people] = [one.id for one in site.world.visits.fields if one.key == "people"]
    tree = models.View.get_by_id(int(kinds["hierarchy"].rpartition("/")[2]))
    for progress in (people, tree.options["progress"]):  # hidden, and what weighs too
        saved = {**tree.options, "progress": progress}
        models.View.update(options=saved).where(models.View.id == tree.id).execute()
        page = html.unescape(visitor.get(link(site, kinds["hierarchy"])).text)
        assert "东访0" in page and not [one for one in secret if one in page]


def colours_of_the_address_go_along(site, visitor, kinds, first):
    """As long as they go by what the holder sees."""
    colors = quote(json.dumps([{"when": first, "color": "green"}]))
    path = link(site, kinds["grid"], query=f"?colors={colors}")
    assert "is-edged tag-green" in visitor.get(path).text
    with db.write():
        hidden = {"role": site.world.roles["head"], "field": first["field"], "level": "hidden"}
        right = models.FieldRight.create(**hidden)
        schema.changed()
    assert "is-edged" not in visitor.get(path).text
    with db.write():
        right.delete_instance()
        schema.changed()


def sums_tell_no_record(site, kinds):
    field = {one.key: one.id for one in site.world.visits.fields}
    view = models.View.get_by_id(int(kinds["kanban"].rpartition("/")[2]))
    last = [one for one in field.values() if one != field["amount"]]
    view.options = {
        **view.options,
        "hidden": [],
        "order": last,
        "measure": {"field": field["amount"]},
    }
    held = Viewing(site.world.viewer("head"), view, {})
    assert {one.key for one in windows.shown_fields(held)} - {
        one.key for one in windows.told_fields(held)
    } == {"amount"}
