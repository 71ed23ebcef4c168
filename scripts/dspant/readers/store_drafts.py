"""The draft of a config: every store that was found, with its unit left to be filled in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

from dspant.readers.request import ACCEPTED
from dspant.wording import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dspant.readers.tank import TankScan


def draft_config(tank: TankScan, summaries: Sequence[Mapping[str, Any]]) -> str:
    """Text of a config that is refused until its units are filled in, and then runs."""
    names = sorted({name for summary in summaries for name in summary["stores"]})
    stores: list[str] = []
    for name in names:
        stated = [s["stores"][name] for s in summaries if name in s["stores"]]
        odd = any(f"store {name!r}" in text for s in summaries for text in s["findings"])
        stores += _store(name, stated, len(summaries), odd=odd)
    lines = [
        "# Drafted by a scan. Fill in each unit, delete the stores you do not need, then run",
        f"#   {tank.next_command}",
        f"# What is odd about the recordings stands in {tank.findings.as_posix()}.",
        f"experiment: {_quoted(tank.name)}",
        f"recordings: {_quoted(tank.sheet.as_posix())}",
        "stores:",
    ]
    if all(line.lstrip().startswith("#") for line in stores):
        lines.append("  # No store is in all recordings: scan folders of like recordings apart.")
    return "\n".join([*lines, *stores]) + "\n"


def _store(
    name: str, stated: Sequence[Mapping[str, Any]], recordings: int, *, odd: bool
) -> Iterator[str]:
    kinds = {_config_kind(one["kind"]) for one in stated}
    everywhere = len(stated) == recordings and len(kinds) == 1
    yield f"  # {_described(stated)}"
    if odd:
        yield "  # has findings: see the table"
    if not everywhere:
        yield f"  # in {len(stated)} of {count(recordings, 'recording')}, so it is left out here"
    entry = [f"{_quoted(name)}:", f"  kind: {sorted(kinds)[0]}", "  unit:  # fill in, such as V"]
    if any(one["kind"] == "stream" and _is_counts(one) for one in stated):
        entry.append("  scale: fill in  # the unit that one stored count stands for")
    if any(one["kind"] == "notes" for one in stated):
        entry[-1] = "  unit: number"
    for line in entry:
        yield f"  {line}" if everywhere else f"  # {line}"


def _described(stated: Sequence[Mapping[str, Any]]) -> str:
    """In words: kind, channels, rate, dtype and counts, of all recordings together."""
    parts = [
        _common(one["kind"] for one in stated),
        _common(_channels(one["channels"]) for one in stated),
        _common(f"at {one['fs']} Hz" if one["fs"] else "" for one in stated),
        _common(one["dtype"] or "" for one in stated),
        _common(_counts(one) for one in stated),
    ]
    return ", ".join(part for part in parts if part)


def _common(texts: Iterator[str]) -> str:
    """What all say; where they differ, each with how often it is said."""
    said = Counter(texts)
    if len(said) == 1:
        return next(iter(said))
    return listed([f"{text or 'unknown'} ({times}x)" for text, times in said.items()], most=3)


def _channels(channels: int | list[int] | None) -> str:
    if channels is None:
        return ""
    if isinstance(channels, int):
        return count(channels, "channel")
    return f"{count(len(channels), 'channel')} (numbers {listed(channels)})"


def _counts(one: Mapping[str, Any]) -> str:
    if one["kind"] == "stream":
        return "unknown length" if one["samples"] is None else count(one["samples"], "sample")
    return count(one["events"], "event")


def _is_counts(one: Mapping[str, Any]) -> bool:
    return str(one["dtype"]).startswith("int")


def _config_kind(kind: str) -> str:
    return next(wanted for wanted, takes in ACCEPTED.items() if kind in takes)


def _quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).splitlines()[0]
