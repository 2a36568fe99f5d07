"""What a view kind is: one file that says its options, its query and how the answer is arranged.

`views/pages/viewing.py` does the rest for all: loading, rights, filter, sort, search, toolbar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tracker import schema
from tracker.errors import Missing
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.registry import Registry
from tracker.text import Text

if TYPE_CHECKING:
    from views.viewing import Viewing

registry: Registry[ViewKind] = Registry("views.kinds")


class ViewKind:
    """The contract. ``template`` extends ``view.html`` and fills its block ``view``."""

    key: str
    name: Text
    icon = "table"
    order = 100
    of_table = True  # of one table; otherwise of the whole base (dashboards)
    narrows: frozenset[str] | None = None  # what of a dashboard's filters its tile follows; None:
    # what fits the fields of its table
    template = ""
    own_news = False  # a page that asks for changes by itself
    tools: tuple[str, ...] = ("filter", "sort", "hide", "search")  # what the toolbar offers
    paints: tuple[str, ...] = ("edge",)  # what a colour rule may paint, of `colours.PAINTS`

    def defaults(self, table: schema.Table | None, viewer: Viewer) -> dict[str, Any]:
        """Options of a new view, so that it shows something sensible at once."""
        return {}

    def check_options(
        self, options: dict[str, Any], table: schema.Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        """The kind's own options as they may be stored; raises `Refused`."""
        return {}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        """What the template needs for the first paint."""
        return {}

    def data(self, viewing: Viewing, what: str) -> Any:
        """Answer ``/v/<id>/data/<what>``: chunks, events, series. A Flask answer."""
        raise Missing

    def as_shown(self, viewing: Viewing) -> dict[str, Any]:
        """The kind's own options as the address has changed them, for a copy of the view."""
        return {}

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        """Context of ``tile_template`` for a tile of a dashboard."""
        return self.context(viewing)

    def tables(self, viewing: Viewing) -> list[Query]:
        """The tables that the page shows, as its viewer may see them: changes there refresh it."""
        return [viewing.scope]

    def layers(self, viewing: Viewing) -> list[tuple[str, str]]:
        """``(key, name)`` of the tables shown together, where they are several."""
        return []

    def beside(self, viewing: Viewing, key: str) -> Viewing:
        """The view as if it were one of the table of a further layer."""
        raise Missing

    @property
    def tile_template(self) -> str:
        """A template without a shell, for dashboards; by convention ``tiles/<key>.html``."""
        return f"tiles/{self.key}.html"


def get(key: str) -> ViewKind:
    return registry.get(key)
