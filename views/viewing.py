"""One look at one view: who looks, at what, narrowed how; saved options first, then the address.

Address parameters: ``filter`` (a condition as JSON, added to the saved one; ``saved=0`` leaves that
out), ``sort`` (``12,-15``), ``hide`` and ``order`` (``12,15``) instead of the saved ones, ``q``,
``moved`` (see `views.moved`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from tracker import conditions, definitions, schema
from tracker.conditions import Condition
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field
from tracker.text import _
from views import kinds, moved


@dataclass
class Viewing:
    """``view`` as ``viewer`` looks at it now; ``params`` are the address's parameters.

    ``beside`` narrows records of further tables, by their date, as ``params`` narrow the view's
    own; it answers None where it cannot. ``departments``: those that a dashboard is narrowed to.
    """

    viewer: Viewer
    view: View
    params: Mapping[str, str]
    beside: Callable[[Query, Field | None], Query | None] | None = None
    departments: tuple[int, ...] = ()

    @property
    def kind(self) -> kinds.ViewKind:
        return kinds.get(self.view.kind)

    @property
    def options(self) -> dict[str, Any]:
        return self.view.options or {}

    @cached_property
    def table(self) -> schema.Table:
        """The table with the fields this viewer may see."""
        if not self.view.table_id:
            raise Missing
        return Query(self.viewer, schema.current().table(self.view.table_id)).access.visible_table

    @property
    def base(self) -> schema.Base:
        return schema.current().base(self.view.base_id)

    @cached_property
    def scope(self) -> Query:
        """All records of the table that the viewer may see."""
        return Query(self.viewer, schema.current().table(self.view.table_id))

    @cached_property
    def query(self) -> Query:
        """The records this view shows now: saved filter, then the address's, search and sort."""
        query = self.scope
        for condition in (self.saved_filter, self.filter):
            query = query.where(condition)
        query = moved.narrowed(query, self.params)
        return query.search(self.params.get("q", "")).order(self.sorts)

    @property
    def moved(self) -> str:
        """In words: the moves that its records made, where the address narrows it so."""
        return moved.said(self.scope, self.params)

    @property
    def saved_filter(self) -> Condition | None:
        """The view's own filter. Parts over fields hidden from this viewer make it show nothing."""
        saved = self.options.get("filter")
        if saved is None or self.params.get("saved") == "0":
            return None
        try:
            return conditions.check(saved, self.table, self.viewer.context)
        except Refused:
            return False

    @cached_property
    def filter(self) -> Condition | None:
        """The filter in the address, checked against the fields the viewer may see."""
        raw = self.params.get("filter")
        if not raw:
            return None
        try:
            return conditions.check(orjson.loads(raw), self.table, self.viewer.context)
        except orjson.JSONDecodeError:
            raise Refused(_("This filter cannot be read.")) from None

    @cached_property
    def sorts(self) -> list[dict[str, Any]]:
        raw = self.params.get("sort")
        if raw is None:
            saved = self.options.get("sort") or []
            return [one for one in saved if one.get("field") in self.table.by_id]
        parts = [part for part in raw.split(",") if part]
        return [{"field": part.lstrip("-"), "desc": part.startswith("-")} for part in parts]

    @cached_property
    def hidden(self) -> set[int]:
        """The ids of the fields that it leaves out."""
        return set(self._listed("hide", "hidden"))

    @cached_property
    def shown(self) -> list[Field]:
        """The fields this view shows, in its order."""
        order = {one: place for place, one in enumerate(self._listed("order", "order"))}
        fields = [one for one in self.table.fields if one.id not in self.hidden]
        return sorted(fields, key=lambda one: order.get(one.id, len(order) + one.ord))

    def _listed(self, param: str, option: str) -> list[int]:
        """Field ids from the address, else from the view."""
        raw = self.params.get(param)
        if raw is None:
            return self.options.get(option) or []
        return [int(part) for part in raw.split(",") if part.isdecimal() and len(part) < 16]

    def option_field(self, name: str) -> Field | None:
        """The field an option points to, where this viewer may see it."""
        return self.table.by_id.get(self.options.get(name) or 0)

    @property
    def may_change(self) -> bool:
        """Whether the viewer may save changes into this view."""
        if self.view.sharing == "personal":
            return bool(self.view.owner_id == self.viewer.person_id)
        return self.view.sharing != "locked" and self.viewer.coordinates_base(self.view.base_id)


def look(viewer: Viewer, view_id: int, params: Mapping[str, str]) -> Viewing:
    """Load a view for a viewer; `Missing` where it is not there for them."""
    return Viewing(viewer, definitions.view(viewer, view_id), params)
