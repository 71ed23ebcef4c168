"""Reads a page as a browser would: addresses, identities, tables, text."""

from __future__ import annotations

from html.parser import HTMLParser

ADDRESSES = ("src", "href", "xlink:href", "action", "data", "poster", "srcset")


class PageReader(HTMLParser):
    """What a page refers to, and what it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.identities: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._in_style = False
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attributes)
        self.addresses += [named[a] for a in ADDRESSES if named.get(a)]
        if named.get("id"):
            self.identities.append(named["id"])
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            return
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data.strip()

    def row(self, first: str) -> list[str]:
        """The first table row that begins with this cell."""
        return next(row for row in self.rows if row and row[0] == first)
