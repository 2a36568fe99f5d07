"""Charts from the moves of a stage field: the stage funnel and time in stage."""

from __future__ import annotations

from tracker import choices, stages
from tracker.periods import NAMED
from tracker.query import Query
from tracker.stages import Passage, Stay
from tracker.text import Text, _, label
from views.behind import Door, test_of
from views.charts.drawing import Bin, Drawing, Mark
from views.charts.plan import Plan
from views.viewing import Viewing

PASSAGE: dict[str, tuple[Text, str]] = {
    stages.ENTERED: (_("Entered"), "blue"),
    stages.WENT_ON: (_("Went on"), "teal"),
    "rate": (_("Conversion"), "teal"),
    stages.SKIPPED: (_("Skipped the next"), "amber"),
    stages.CAME_BACK: (_("Went back"), "orange"),
    stages.LEFT: (_("Dropped out"), "gray"),
}
STAYS: dict[str, tuple[Text, str]] = {
    "median": (_("Median days"), "teal"),
    "mean": (_("Average days"), "blue"),
    "ended": (_("Stays ended"), "gray"),
    "lasting_median": (_("Median days so far"), "amber"),
    "lasting_mean": (_("Average days so far"), "orange"),
    "lasting": (_("Standing there now"), "gray"),
}


def funnel(viewing: Viewing, plan: Plan, query: Query) -> Drawing:
    """One category a stage; layers are what became of the records that entered it."""
    context = query.viewer.context
    found = stages.funnel(query, plan.grouping.field, plan.steps, plan.days(context))
    told = _Told(viewing, plan, PASSAGE)
    marks = [[told.passage(one, what) for one in found] for what in PASSAGE]
    first = found[0]
    share = f"{_share(first.reached, first.entered)}%"
    said = _(
        "{share} of those that entered “{first}” came to “{last}” ({reached} of {entered}).",
        share=share,
        first=told.bins[0].label,
        last=told.bins[-1].label,
        reached=f"{first.reached:,}",
        entered=f"{first.entered:,}",
    )
    note = said.to(context.lang) if first.entered and len(found) > 1 else ""
    return told.drawing(marks, total=f"{first.entered:,}", note=note)


def stays(viewing: Viewing, plan: Plan, query: Query) -> Drawing:
    """One category a stage; layers are the stays that ended and those that last."""
    context = query.viewer.context
    found = stages.stays(query, plan.grouping.field, plan.steps, plan.days(context))
    told = _Told(viewing, plan, STAYS)
    marks = [[told.stay(one, what) for one in found] for what in STAYS]
    total = f"{sum(one.ended for one in found):,}"
    return told.drawing(marks, total=total, note="")


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


class _Told:
    """Stages and columns in words, numbers with their addresses."""

    def __init__(self, viewing: Viewing, plan: Plan, columns: dict[str, tuple[Text, str]]) -> None:
        self.plan, self.by, self.door = plan, plan.grouping, Door(viewing)
        self.lang = viewing.viewer.context.lang
        self.bins = [self._bin(one) for one in plan.steps]
        self.layers = [
            Bin((key,), words.to(self.lang), color) for key, (words, color) in columns.items()
        ]

    def _bin(self, stage: int) -> Bin:
        option = choices.by_id(self.by.field, stage) or {}
        color = str(option.get("color") or "gray")
        return Bin((stage,), label(option, self.lang), color, test_of(self.by, stage))

    def passage(self, one: Passage, what: str) -> Mark:
        if what == "rate":
            last = one.stage == self.plan.steps[-1]
            share = _share(one.went_on, one.entered)
            return Mark(None) if last or not one.entered else Mark(share, f"{share}%")
        number = getattr(one, what)
        return Mark(number, f"{number:,}", self._behind(one.stage, what) if number else None)

    def stay(self, one: Stay, what: str) -> Mark:
        number = getattr(one, what)
        if what in {"ended", "lasting"}:
            if not number:
                return Mark(0, "0")
            href = self._behind(one.stage, what) if what == "ended" else self._standing(one.stage)
            return Mark(number, f"{number:,}", href)
        if number is None:
            return Mark(None)
        return Mark(round(number, 2), f"{number:,.1f}", None)

    def _behind(self, stage: int, what: str) -> str | None:
        steps = "-".join(map(str, self.plan.steps))
        moved = f"{self.by.field.id}.{what}.{stage}.{steps}.{self.plan.during}"
        return self.door.href([], moved=moved)

    def _standing(self, stage: int) -> str | None:
        return self.door.href([test_of(self.by, stage)])

    def drawing(self, marks: list[list[Mark]], *, total: str, note: str) -> Drawing:
        during = self.plan.during
        return Drawing(
            plan=self.plan,
            categories=self.bins if any(one.value for row in marks for one in row) else [],
            layers=self.layers,
            marks=marks,
            wholes=[],
            total=total,
            groups=len(self.bins),
            names=label(self.by.field, self.lang),
            note=" · ".join(filter(None, [NAMED[during][0].to(self.lang) if during else "", note])),
            href=self.door.href([]),
        )
