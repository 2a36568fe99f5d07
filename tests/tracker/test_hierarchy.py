"""Trees over a link of a table to itself: figures rolled up, circles, and what is hidden."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tests.counting import statements
from tracker import (
    bulk,
    db,
    fieldtypes,
    limits,
    models,
    permissions,
    records,
    retype,
    schema,
    tables,
)
from tracker.errors import Refused
from tracker.hierarchy import Tree
from tracker.query import Query
from tracker.transfer.basefile import reading, writing

SYSTEM = permissions.system()
# name: (above it, progress, weight, department)
OBJECTIVES = {
    "group": (None, None, None, "上海"),
    "east": ("group", 90, None, "上海"),  # its own figure gives way to those below
    "e1": ("east", 40, 1, "上海"),
    "e2": ("east", 100, 3, "上海"),
    "e3": ("east", None, 9, "上海"),
    "south": ("group", None, None, "华南"),
    "s1": ("south", 10, None, "上海"),
    "lone": (None, 25, None, "上海"),
    "ring1": ("ring2", 60, None, "上海"),
    "ring2": ("ring1", None, None, "上海"),
    "under": ("ring2", 80, None, "上海"),
    "self": ("self", 5, None, "上海"),
}


class Objectives:
    """The visits of the small world as a tree, and ways to ask it."""

    def __init__(self) -> None:
        self.world = worlds.build()
        visits = self.world.visits
        link = {"table": visits.id, "single": True, "tree": False}
        tables.add_field(SYSTEM, visits, "link", "上级", key="above", options=link)
        tables.add_field(SYSTEM, visits, "progress", "进度", key="done")
        tables.add_field(SYSTEM, visits, "number", "权重", key="weight")
        self.ids: dict[str, int] = {}
        for name, (_above, done, weight, department) in OBJECTIVES.items():
            self.ids[name] = self.world.visit(
                name,
                done=None if done is None else f"{done}%",
                weight=weight,
                department=self.world.departments[department].id,
                owner=self.world.people["owner"].id,
            )
        for name, (above, *_rest) in OBJECTIVES.items():
            if above:
                values = {"above": [self.ids[above]]}
                records.update(SYSTEM, self.world.visits, self.ids[name], values, via="test")

    def tree(self, who: str, condition=None) -> Tree:
        viewer = SYSTEM if who == "system" else self.world.viewer(who)
        query = Query(viewer, self.world.visits).where(condition)
        field = self.world.visits.field("above")
        return Tree(query.order([{"field": "title"}]), field, narrowed=condition is not None)

    def names(self, ids) -> list[str]:
        by_id = {one: name for name, one in self.ids.items()}
        return [by_id[one] for one in ids]

    def top(self, who: str, condition=None) -> list[str]:
        return self.names(self.tree(who, condition).children(None).ids())

    def below(self, who: str, name: str, condition=None) -> list[str]:
        return self.names(self.tree(who, condition).children(self.ids[name]).ids())

    def rolled(self, who: str, name: str, weight: bool = False):
        done, heavy = (self.world.visits.field(one) for one in ("done", "weight"))
        ids = [self.ids[name]]
        return self.tree(who).branches(ids, done, heavy if weight else None)[ids[0]]

    def titled(self, *names: str) -> dict:
        field = self.world.visits.field("title").id
        return {"any": [{"field": field, "op": "is", "value": one} for one in names]}


@pytest.fixture
def objectives(database) -> Objectives:
    return Objectives()


def test_figures_are_those_of_the_leaves_a_viewer_sees(objectives):
    # south is hidden from the owner (East) and s1 is not: it stands at the top.
    cases = [
        ("system", "group", False, (2, 6, 4, 3, 50.0)),
        ("system", "group", True, (2, 6, 4, 3, (40 + 300 + 10) / 5)),
        ("system", "east", True, (3, 3, 3, 2, 85.0)),
        ("owner", "group", False, (1, 4, 3, 2, 70.0)),
        ("head", "group", False, (1, 4, 3, 2, 70.0)),
        ("owner", "lone", False, (0, 0, 1, 0, None)),
        ("system", "ring1", False, (1, 2, 1, 1, 80.0)),
        ("colleague", "south", False, (0, 0, 1, 0, None)),
    ]
    for who, name, weight, expected in cases:
        found = objectives.rolled(who, name, weight)
        told = (found.children, found.below, found.leaves, found.counted, found.value)
        assert told == expected, (who, name)
    assert objectives.top("system") == ["group", "lone", "self"]
    assert objectives.top("owner") == ["group", "lone", "s1", "self"]
    assert objectives.top("colleague") == ["south"]  # its parent and its child are not theirs
    assert objectives.below("owner", "group") == ["east"]
    assert objectives.below("system", "group") == ["east", "south"]


def test_circles_end_and_are_named(objectives):
    tree = objectives.tree("system")
    ring1, ring2 = objectives.ids["ring1"], objectives.ids["ring2"]
    assert tree.circles() == [ring1]
    assert objectives.below("system", "ring1") == ["ring2"]
    assert objectives.below("system", "ring2") == ["ring1", "under"]
    assert objectives.tree("colleague").circles() == []
    ids = objectives.ids
    for record, other, expected in [
        ("group", "e1", True),
        ("e1", "group", False),
        ("e1", "e1", True),
        ("ring1", "under", True),
        ("south", "s1", True),
    ]:
        assert tree.stands_above(ids[record], ids[other]) is expected, (record, other)
    assert objectives.tree("owner").stands_above(ids["south"], ids["s1"]) is False  # unseen
    assert ring2 in tree.links([ring1], 10)[ring1]


def test_a_filter_keeps_what_stands_above(objectives):
    wanted = objectives.titled("e2", "s1")
    assert objectives.top("system", wanted) == ["group"]
    assert objectives.below("system", "group", wanted) == ["east", "south"]
    assert objectives.below("system", "east", wanted) == ["e2"]
    assert objectives.top("owner", wanted) == ["group", "s1"]
    tree = objectives.tree("system", wanted)
    ids = [objectives.ids[one] for one in ("group", "east", "e2")]
    assert tree.found(ids) == {objectives.ids["e2"]}
    assert objectives.tree("system", objectives.titled("under")).circles() == [
        objectives.ids["ring1"]
    ]
    assert objectives.tree("system").links([ids[0], ids[1]], 10) == {
        ids[0]: [objectives.ids["east"], objectives.ids["south"]],
        ids[1]: [objectives.ids[one] for one in ("e1", "e2", "e3")],
    }
    assert objectives.tree("system").links([ids[0], ids[1]], 4) == {}


def test_hidden_fields_and_deleted_records_count_for_nothing(objectives):
    visits = objectives.world.visits
    role = objectives.world.roles["staff"]
    with db.write():
        models.FieldRight.create(role=role, field=visits.field("above").id, level="hidden")
        schema.changed()
    assert "above" not in {one.key for one in objectives.tree("owner").access.fields}
    assert len(objectives.top("owner")) == 11  # nothing stands below anything
    records.delete(SYSTEM, visits, objectives.ids["e2"], via="test")
    assert objectives.rolled("system", "east").value == 40.0
    records.delete(SYSTEM, visits, objectives.ids["group"], via="test")
    assert objectives.top("system") == ["east", "lone", "self", "south"]


def test_statements_do_not_grow_and_the_limit_is_told(objectives, monkeypatch):
    tree, done = objectives.tree("owner"), objectives.world.visits.field("done")
    assert fieldtypes.get(done).family == "number"
    counts = []
    for ids in ([objectives.ids["group"]], list(objectives.ids.values())):
        with statements() as sent:
            tree.branches(ids, done)
            tree.links(ids, 50)
        counts.append(len(sent))
    assert counts[0] == counts[1] == 4
    monkeypatch.setattr(limits, "HIERARCHY_RECORDS", 3)
    found = objectives.rolled("system", "group")
    assert (found.whole, found.value, found.children) == (False, None, 2)


def test_a_field_and_a_file_are_looked_at_as_a_whole(objectives, tmp_path):
    """No field becomes a link that says what stands above over a circle; a file comes in and says
    that it has one.
    """
    world, ids = objectives.world, objectives.ids
    tables.add_field(SYSTEM, world.visits, "text", "上头", key="up")
    for one, other in (("lone", "e1"), ("e1", "lone"), ("e2", "e1")):
        records.update(SYSTEM, world.visits, ids[one], {"up": other}, via="test")
    with pytest.raises(Refused, match=r"“(e1|lone)” stands above itself by “上头”"):
        options = {"table": world.visits.id, "single": True}
        retype.apply(SYSTEM, world.visits.field("up"), "link", options)
    assert world.visits.field("up").type == "text"
    above = world.visits.field("above")
    with db.write():  # as a version before this one left it
        known = {**above.own_options, "tree": True}
        models.Field.update(options=known).where(models.Field.id == above.id).execute()
        schema.changed()
    path, folder = tmp_path / "one.rounds", tmp_path / "data"
    writing.write_file(SYSTEM, world.base, path, data_dir=folder)
    notes = [one.to("en") for one in reading.read(SYSTEM, path, data_dir=folder).notes]
    assert [one for one in notes if "“ring1” stands above itself by “上级”" in one]


def test_no_write_lets_a_record_stand_above_itself(objectives):
    """By the link or by its other side, one by one or many at once; as far as the writer sees."""
    world, ids = objectives.world, objectives.ids
    above = world.visits.field("above")
    below = tables.add_pair(SYSTEM, above, "下级", key="below")
    records.update(SYSTEM, world.visits, ids["ring1"], {"above": []}, via="test")
    ring = (SYSTEM, world.visits, ids["ring1"], {"above": [ids["ring2"]]})
    records.update(*ring, via="test")  # circles are let be until the link says what it is
    with pytest.raises(Refused, match=r"“ring[12]” stands above itself by “上级”"):
        tables.update_field(SYSTEM, above, options={**above.options, "tree": True})
    for one in ("ring1", "self"):
        records.update(SYSTEM, world.visits, ids[one], {"above": []}, via="test")
    tables.update_field(SYSTEM, above, options={**above.options, "single": True, "tree": True})

    owner, unseen = world.viewer("owner"), ids["south"]
    cases = [
        (SYSTEM, "ring1", "above", "ring2", True),
        (SYSTEM, "group", "above", "e1", True),
        (SYSTEM, "e1", "below", "group", True),
        (SYSTEM, "lone", "above", "lone", True),
        (SYSTEM, "lone", "above", "e1", False),
        (SYSTEM, "lone", "above", "s1", False),
        (owner, "east", "above", "lone", False),
        (owner, "s1", "above", "group", False),
        (SYSTEM, "group", "above", "s1", True),
    ]
    for viewer, record, key, other, refused in cases:
        values = {key: [ids[other]]}
        field = world.visits.field(key).id
        if not refused:
            records.update(viewer, world.visits, ids[record], values, via="test")
            continue
        with pytest.raises(Refused) as told:
            records.update(viewer, world.visits, ids[record], values, via="test")
        assert list(told.value.problems) == [field], (record, key, other)
        assert "回到这里" in told.value.to("zh"), told.value.to("zh")
    assert unseen not in {one.id for one in Query(owner, world.visits).page(99).records}

    # What comes back from the bin with its links closes none either.
    batch = int(models.Batch.create(kind="x", table_id=world.visits.id).id)
    both = sorted([ids["ring2"], ids["e2"]])
    assert bulk.delete_many(SYSTEM, world.visits, both, via="test", batch=batch) == (both, [])
    records.update(SYSTEM, world.visits, ids["ring1"], {"above": [ids["under"]]}, via="test")
    with pytest.raises(Refused, match="leads back here"):
        records.restore(SYSTEM, world.visits, ids["ring2"], via="test")
    undone = bulk.undo(SYSTEM, batch)
    assert (undone.restored, undone.left) == (1, [ids["ring2"]])
    records.update(SYSTEM, world.visits, ids["ring1"], {"above": []}, via="test")
    records.restore(SYSTEM, world.visits, ids["ring2"], via="test")
    many_at_once(world, ids, above, below)


def many_at_once(world, ids, above, below):
    """Those of a circle are named, the others go in, with one statement for all."""

    def moved(*pairs: tuple[str, str]):
        items = [
            bulk.Item(at, {above.id: [ids[over]]}, record_id=ids[one])
            for at, (one, over) in enumerate(pairs, 1)
        ]
        with statements() as sent:
            outcome = bulk.update_many(SYSTEM, world.visits, items, via="test")
        return outcome, sum("way" in one for one in sent)

    outcome, asked = moved(("ring1", "e2"), ("e3", "under"), ("under", "e3"), ("self", "lone"))
    assert ([at for at, _why in outcome.rejected], outcome.updated) == ([2, 3], 2)
    assert asked == 2  # once with all, once without the two
    titled = {world.visits.field("title").id: "new", above.id: [ids["e1"]]}
    closing = {**titled, below.id: [ids["group"]]}
    with pytest.raises(Refused):
        records.create(SYSTEM, world.visits, closing, via="test")
    made = bulk.insert_many(SYSTEM, world.visits, [titled, closing], via="test")
    assert ([at for at, _why in made.rejected], len(made.ids)) == ([2], 1)
