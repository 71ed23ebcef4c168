"""The line that is kept up to date on a terminal, and what stays above it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

from dspant.terminal.state import Run
from dspant.terminal.words import some_of

WIDTH = 80
"""Columns of a terminal that does not tell."""

GAP = "   "

NAMES = 4
"""Most recordings that are named of a rule."""

_RED, _YELLOW = "31", "33"


def is_terminal(stream: TextIO) -> bool:
    """Whether a line on it can be written over."""
    return os.name == "posix" and os.environ.get("TERM") != "dumb" and stream.isatty()


class Screen:
    """Writes lines that stay, and one line below them that does not.

    Parameters
    ----------
    stream
        A terminal.
    colours
        Whether it may be told to show colours.
    """

    def __init__(self, stream: TextIO, *, colours: bool) -> None:
        self._stream = stream
        self._colours = colours
        self._shown = ""

    @property
    def width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or WIDTH
        except (OSError, ValueError):
            return WIDTH

    def show(self, line: str) -> None:
        """Put another text into the line that does not stay."""
        if line != self._shown:
            self._write(f"\r\x1b[2K{line}")
            self._shown = line

    def say(self, text: str, colour: str = "") -> None:
        """Add lines that stay; what ``colour`` is given for is the first word."""
        shown = self._shown
        if colour and self._colours:
            word, _, rest = text.partition(" ")
            text = f"\x1b[{colour}m{word}\x1b[0m {rest}"
        self._write(("\r\x1b[2K" if shown else "") + text + "\n" + shown)

    def fail(self, text: str) -> None:
        self.say(text, _RED)

    def warn(self, text: str) -> None:
        self.say(text, _YELLOW)

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "ascii"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def progress_line(
    run: Run, shares: Mapping[int, float | None], left: str, width: int, *, stopping: bool = False
) -> str:
    """One line on where a run stands, not longer than the terminal is wide.

    Parameters
    ----------
    shares
        How far running jobs are, from 0 to 1, for those that tell.
    left
        Words on the time left; empty where nothing can be said.
    width
        Columns of the terminal; the last one stays free, so that nothing wraps.
    stopping
        Whether the run was asked to stop.
    """
    failed = f", {len(run.failed)} failed" if run.failed else ""
    head = f"[{len(run.taken_s)}/{len(run.jobs)}{failed}]" + (" stopping," if stopping else "")
    tail = GAP + left if left else ""
    room = width - 1 - len(head) - len(tail) - 1
    line = f"{head} {_fitting(_running(run, shares), room)}".rstrip() + tail
    return line if len(line) < width else line[: max(width - 2, 0)] + "…"


def _running(run: Run, shares: Mapping[int, float | None]) -> list[str]:
    """Running jobs, those of a rule together: ``node_filtered rat03 40 %, rat04``."""
    of_rules: dict[str, list[str]] = {}
    for number in run.running:
        if number not in run.submitted:
            job, share = run.jobs[number], shares.get(number)
            told = "" if share in (None, 1.0) else f" {share:.0%}".replace("%", " %")
            of_rules.setdefault(job.rule, []).append(job.recording + told)
    if submitted := run.submitted & run.running.keys():
        of_rules["submitted"] = run.recordings(sorted(submitted))
    return [f"{rule} {some_of(names, NAMES)}".rstrip() for rule, names in of_rules.items()]


def _fitting(parts: Sequence[str], room: int) -> str:
    """As many parts as fit, or how many there are."""
    for kept in range(len(parts), 0, -1):
        rest = f" · {len(parts) - kept} more" if kept < len(parts) else ""
        text = " · ".join(parts[:kept]) + rest
        if len(text) <= room:
            return text
    return f"{parts[0][: room - 1]}…" if parts and room > 1 else ""
