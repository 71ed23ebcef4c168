"""No event of a recipe is lost: each has its row, or is counted in one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from recipe_runs import Recipe

from dspant.dataset.epoc import Epoc
from dspant.dataset.metadata import EpocMetadata
from dspant.dataset.recording import dataset_names, open_dataset
from dspant.dataset.stream import Stream
from dspant.ops.registry import operations


def check_rows(recipe: Recipe, least: int = 0) -> None:
    """Hold every table that is made of events against the events, in every recording.

    Parameters
    ----------
    least
        How many such tables there are at least in each recording.
    """
    for recording in recipe.specs:
        folder = recipe.folder(recording)
        checked = [_check(folder, name) for name in dataset_names(folder)]
        assert sum(checked) >= least


def _check(folder: Path, name: str) -> bool:
    metadata = open_dataset(folder / f"{name}.ant").metadata
    if not isinstance(metadata, EpocMetadata) or not metadata.dspant.node:
        return False
    (*_, step) = metadata.dspant.steps
    operation = operations()[step["op"]]
    if "epoc" not in operation.takes:
        return False
    inputs = [open_dataset(folder / f"{each}.ant") for each in metadata.dspant.inputs]
    table = Epoc(folder / f"{name}.ant").table
    _told_why(table, name)
    _LAWS[operation.name](table, inputs, step["params"])
    return True


def _told_why(table: pa.Table, name: str) -> None:
    for flag, reason in (("usable", "reason"), ("matched", "match_reason")):
        if flag in table.column_names:
            assert pc.equal(table[reason], "").to_pylist() == table[flag].to_pylist(), name


def _of_each(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    assert table["onset"].to_pylist() == inputs[0].table["onset"].to_pylist()


def _of_all_channels(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    stream, events = inputs
    channels = len(stream.channels)
    onsets = [t for t in events.table["onset"].to_pylist() for _ in range(channels)]
    assert table["onset"].to_pylist() == onsets


def _of_own_channel(table: pa.Table, inputs: list[Any], params: Mapping[str, Any]) -> None:
    stream, events = sorted(inputs, key=lambda each: isinstance(each, Epoc))
    assert isinstance(stream, Stream)
    if "channel" in events.table.column_names and not params.get("all_channels"):
        _of_each(table, [events], params)
    else:
        _of_all_channels(table, [stream, events], params)


def _averaged_or_rejected(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    stream, events = inputs
    for channel in stream.channels:
        own = table.filter(pc.equal(table["channel"], channel))
        count = events.table.num_rows
        if "channel" in events.table.column_names:
            count = pc.sum(pc.equal(events.table["channel"], channel)).as_py()
        assert _total(own, "trials", "rejected") == count


def _triggers(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    count = inputs[1].table.num_rows
    assert set(pc.add(table["triggers"], table["rejected"]).to_pylist()) == {count}


def _fitted_or_rejected(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    assert _total(table, "points", "rejected") == inputs[0].table.num_rows


def _cycles(table: pa.Table, inputs: list[Any], _params: Mapping[str, Any]) -> None:
    assert _total(table, "cycles", "dropped") == inputs[0].table.num_rows


def _total(table: pa.Table, *names: str) -> int:
    return sum(pc.sum(table[name]).as_py() for name in names)


_LAWS = {
    "evoked": _of_all_channels,
    "evoked_average": _averaged_or_rejected,
    "match_events": _of_each,
    "paired_ratio": _of_each,
    "psth": _triggers,
    "burst_measures": _of_own_channel,
    "breath_phases": _of_own_channel,
    "cycle_profiles": _of_own_channel,
    "recruitment_curve": _fitted_or_rejected,
    "cycle_average": _cycles,
}
