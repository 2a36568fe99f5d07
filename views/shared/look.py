"""What a visitor of a shared link looks at: the holder's view, what is asked, what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.permissions import Viewer
from views.shared import paging
from views.viewing import Viewing

# All that an address of a shared page may say; everything else is not read.
ASKED = (
    *("q", "sort", "after", "month", "zoom", "day", "by", "only", "until", "rank", "from"),
    *("column", "of"),
)


@dataclass(frozen=True)
class Look:
    """``held`` is the view as the link's holder sees it; ``link`` is the id of the link and
    ``address`` its path: files are read below it, and none where there is no address.
    """

    held: Viewing
    given: Mapping[str, str]
    link: int
    address: str = ""

    @property
    def search(self) -> str:
        return self.given.get("q", "")

    @property
    def files(self) -> str:
        return f"{self.address}/files/" if self.address else ""

    def seal(self, key: Any, *about: Any) -> str:
        return paging.seal(key, [self.link, *about])

    def unseal(self, text: str, *about: Any) -> Any:
        return paging.unseal(text, [self.link, *about])


@dataclass
class Shown:
    """The template that is included, with its context; ``sheets`` and ``scripts`` it needs.

    ``alone``: a part of a page that is open already.
    """

    template: str
    viewer: Viewer
    context: dict[str, Any] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    alone: bool = False
