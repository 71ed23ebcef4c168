"""What somebody sees who starts Snakemake with a config that is wrong in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def put(*path: str | int) -> Callable[[dict, object], None]:
    """A change of one value in a config, by key path."""

    def change(config: dict, value: object) -> None:
        place = config
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


CASES = {
    "unknown key": (put("recordngs"), "x", ["recordngs", "did you mean 'recordings'"]),
    "unknown op": (
        put("nodes", "envelope", "steps"),
        ["rectfy"],
        ["nodes.envelope.steps[0]", "did you mean 'rectify'"],
    ),
    "unknown parameter": (
        put("nodes", "filtered", "steps", 1, "bandpass", "ordre"),
        4,
        ["nodes.filtered.steps[1].bandpass.ordre", "did you mean 'order'"],
    ),
    "value out of bounds": (
        put("nodes", "filtered", "steps", 1, "bandpass", "order"),
        0,
        ["nodes.filtered.steps[1].bandpass.order", "0"],
    ),
    "edges the wrong way round": (
        put("nodes", "filtered", "steps", 1, "bandpass", "low_hz"),
        600,
        ["nodes.filtered.steps[1].bandpass", "low_hz (600) must be below high_hz (450)"],
    ),
    "missing parent": (
        put("nodes", "envelope", "from"),
        "filterd",
        ["nodes.envelope.from", "did you mean 'filtered'"],
    ),
    "cycle": (
        put("nodes", "filtered", "from"),
        "envelope",
        ["filtered -> envelope -> filtered"],
    ),
    "wrong kind": (
        put("nodes", "envelope", "from"),
        "AmpA",
        ["nodes.envelope", "rectify", "epoc"],
    ),
    "no unit": (put("stores", "RawG", "unit"), "", ["stores.RawG.unit"]),
    "unknown kind of store": (
        put("stores", "RawG", "kind"),
        "streem",
        ["stores.RawG.kind", "stream"],
    ),
    "node named like a store": (
        put("nodes", "resp"),
        {"from": "Resp", "steps": ["rectify"]},
        ["nodes.resp", "Resp"],
    ),
    "bad node name": (
        put("nodes", "Two-Words"),
        {"from": "RawG", "steps": ["rectify"]},
        ["nodes.Two-Words"],
    ),
    "missing sheet": (
        put("recordings"),
        "config/recordngs.tsv",
        ["config/recordngs.tsv"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_message_and_no_traceback(finished, demo, case):
    change, value, expected = CASES[case]
    config = copy.deepcopy(demo) | {"recordings": "config/two.tsv"}
    change(config, value)
    path = finished.write_config("broken.yaml", config)

    done = finished.snakemake("--dry-run", "--configfile", path)

    seen = done.stdout + done.stderr
    assert done.returncode == 1
    assert "1 problem in the configuration:" in seen
    assert "Traceback" not in seen
    for text in expected:
        assert text in seen


def test_the_sheet_is_checked_as_well(finished, demo):
    rows = [
        {"recording": "a", "block": "nowhere"},
        {"recording": "a", "block": "nowhere"},
        {"recording": "../out", "block": "nowhere"},
    ]
    sheet = finished.write_sheet("broken.tsv", rows)
    path = finished.write_config("broken.yaml", demo | {"recordings": sheet})

    done = finished.snakemake("--dry-run", "--configfile", path)

    seen = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in seen
    for text in ("config/broken.tsv:2", "no folder nowhere", "config/broken.tsv:3", "../out"):
        assert text in seen
