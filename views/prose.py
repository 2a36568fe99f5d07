"""Text that people write in Markdown, as safe HTML."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
}


_MARKS = re.compile(
    r"^ {0,3}(?:#{1,4} |[-*+] |\d{1,3}[.)] |> |```|\|.*\|)|\*\*\S|__\S|`[^`\n]+`|\[[^\]\n]+\]\(",
    re.M,
)


def marked(text: str) -> bool:
    """Whether there is anything in the text that Markdown would show otherwise."""
    return bool(_MARKS.search(text))


def html_of(text: str) -> Markup:
    """Markdown as HTML with nothing in it but words, lists, tables and links."""
    clean = nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - cleaned by nh3
