"""Fenced blocks of a Markdown page, with the markers that say what a test does with them.

A marker is an HTML comment above a block:

``<!-- not run: reason -->``
    The block cannot be run here; the reason says why, and what runs it instead.
``<!-- first: commands -->``
    Commands that run before the block, such as what makes a file that the page takes for granted.
``<!-- file: path -->``, ``<!-- append: path -->``
    The block is what a reader writes into a file, or at its end.
``<!-- output -->``
    The block's lines are among those that the block before it prints.
``<!-- with: yaml -->``
    What makes a fragment of a config whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

RECIPES = REPOSITORY / "docs" / "recipes"

_PARTS = re.compile(
    r"^<!-- (?P<name>not run|first|file|append|output|with)(: (?P<text>.*?))? -->$"
    r"|^(?P<indent> *)```(?P<language>[\w{}-]*)\n(?P<content>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text, and the markers above it."""

    page: Path
    line: int
    language: str
    content: str
    markers: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


def pages() -> list[Path]:
    """Every page of the project's documentation."""
    found = [REPOSITORY / "README.md", REPOSITORY / "config" / "README.md"]
    return found + sorted((REPOSITORY / "docs").rglob("*.md"))


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    markers: dict[str, str] = {}
    for part in _PARTS.finditer(text):
        if part["name"]:
            markers[part["name"]] = part["text"] or ""
            continue
        indent = len(part["indent"])
        content = "".join(line[indent:] for line in part["content"].splitlines(keepends=True))
        line = text.count("\n", 0, part.start("content")) + 1
        found.append(Block(page, line, part["language"], content, markers))
        markers = {}
    return found
