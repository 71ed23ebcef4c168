"""The few numbers that tell at a glance whether a recording is good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dspant.report.numbers import counted, duration
from dspant.report.verdict import GOOD


@dataclass(frozen=True)
class Fact:
    """A number with its name; ``watch`` where somebody should look, ``target`` tells where."""

    name: str
    value: str
    note: str = ""
    watch: bool = False
    target: str = ""


def glance(summary: Mapping[str, Any]) -> list[Fact]:
    """Facts out of a recording's summary."""
    return [
        Fact("Duration", duration(summary["duration_s"])),
        _gaps(summary),
        _channels(summary),
        *_tables(summary),
        _count("Findings in the raw files", summary["findings"], "#page-block"),
        _count("Warnings of the jobs", summary["warnings"], "#page-provenance"),
    ]


def _gaps(summary: Mapping[str, Any]) -> Fact:
    broken = {
        name: stated["runs"] - 1
        for name, stated in summary["datasets"].items()
        if stated["kind"] == "stream" and stated["node"] is None and stated["runs"] > 1
    }
    if not broken:
        return Fact("Gaps", "none")
    return Fact(
        "Gaps", str(sum(broken.values())), ", ".join(broken), True, f"#{next(iter(broken))}"
    )


def _channels(summary: Mapping[str, Any]) -> Fact:
    channels = [
        (channel, quality)
        for stream in summary["quality"].values()
        for channel, quality in stream.items()
    ]
    marked = [
        f"{channel} {quality['verdict']}: {', '.join(quality['remarks'])}"
        for channel, quality in channels
        if quality["verdict"] != GOOD
    ]
    sound = len(channels) - len(marked)
    note = "; ".join(marked[:4]) + (" …" if len(marked) > 4 else "")
    return Fact(
        "Good raw channels", f"{sound} of {len(channels)}", note, bool(marked), "#page-quality"
    )


def _tables(summary: Mapping[str, Any]) -> list[Fact]:
    facts = []
    for name, stated in summary["datasets"].items():
        if stated["kind"] != "epoc" or stated["node"] is None:
            continue
        if "usable" not in stated:
            facts.append(Fact(name, f"{stated['rows']:,}", "rows", target=f"#{name}"))
            continue
        lost = stated["rows"] - stated["usable"]
        why = "; ".join(summary["unusable"].get(name, {}))
        facts.append(
            Fact(
                name,
                f"{stated['usable']:,} of {stated['rows']:,}",
                f"usable; {counted(lost, 'row')}: {why}" if lost else "usable",
                lost > 0,
                f"#{name}",
            )
        )
    return facts


def _count(name: str, count: int, target: str) -> Fact:
    return Fact(name, str(count) if count else "none", "", count > 0, target if count else "")
