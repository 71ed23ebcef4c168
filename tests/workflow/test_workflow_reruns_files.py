"""What files touched, copied, changed or deleted make again: by content, not by time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_experiment import (
    CONFIG,
    NODES,
    dataset,
    digests,
    last_of,
    log,
    undisturbed,
    with_cutoff,
    write_raw,
)

from clone import Clone
from dspant.dataset.folder import DatasetFolder

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("small")]

ALL_JOBS = {("ingest", "rec01"), *((f"node_{name}", "rec01") for name in NODES)}


def rules(jobs: set[tuple[str, str]]) -> set[str]:
    return {rule for rule, _ in jobs}


def inodes(clone: Clone) -> dict[str, int]:
    """Which file of the disk each dataset's data are; one put back is the same file."""
    return {name: dataset(clone, name).data.stat().st_ino for name in ("RawG", "AmpA", *NODES)}


def made(clone: Clone) -> dict[str, str]:
    """When each dataset was made, by its provenance; one put back was not made again."""
    return {
        name: json.loads(dataset(clone, name).provenance.read_text(encoding="utf-8"))["start"]
        for name in ("RawG", "AmpA", *NODES)
    }


def forget_last(folder: DatasetFolder) -> None:
    """Let a dataset be computed the next time its job runs."""
    shutil.rmtree(folder.path / ".last")


def copy_anew(block: Path) -> None:
    """Replace raw files by copies of them: other files on disk, other times, equal content."""
    for file in sorted(block.iterdir()):
        draft = file.with_name("copy")
        shutil.copyfile(file, draft)
        draft.replace(file)


def test_raw_files_copied_anew_put_everything_back_and_then_nothing_is_left_to_do(small):
    first, files, times = digests(small.results("small", "rec01")), inodes(small), made(small)
    copy_anew(small.root / "tank" / "rec01")

    assert small.planned(last_of()) == ALL_JOBS
    small.run(last_of())

    for rule in rules(ALL_JOBS):
        assert "its last result is back" in log(small, rule)
    assert inodes(small) == files
    assert made(small) == times
    assert digests(small.results("small", "rec01")) == first
    assert small.planned(last_of()) == set()


def test_raw_files_that_hold_something_else_are_read_and_computed_with(small, tmp_path):
    block, filtered = small.root / "tank" / "rec01", dataset(small, "filtered")
    shutil.rmtree(block)
    write_raw(block, seed=2)

    small.run(str(filtered.metadata.relative_to(small.root)))

    expected = undisturbed(small_config(small), block, tmp_path / "rec01")
    found = digests(small.results("small", "rec01"))
    assert found["RawG"] == expected["RawG"]
    assert found["filtered"] == expected["filtered"]
    assert small.planned(last_of()) == {("node_envelope", "rec01"), ("node_courses", "rec01")}


def small_config(clone: Clone, config: dict | None = None) -> dict:
    """The experiment as the library takes it from another working directory."""
    sheet = clone.root / "config" / "absolute.tsv"
    sheet.write_text(f"recording\tblock\nrec01\t{clone.root / 'tank' / 'rec01'}\n")
    return (config or CONFIG) | {"recordings": str(sheet)}


def test_a_node_computed_again_to_equal_values_computes_nothing_below_it(small):
    files = inodes(small)
    filtered = dataset(small, "filtered")
    forget_last(filtered)

    with filtered.data.open("rb"):  # as long as it is open, no new file is given its number
        small.run(last_of(), "--forcerun", "node_filtered")
        again = inodes(small)

    assert "last result is back" not in log(small, "node_filtered")
    assert again["filtered"] != files["filtered"]
    for name in ("envelope", "courses"):
        assert "its last result is back" in log(small, f"node_{name}")
        assert again[name] == files[name]

    forget_last(filtered)
    small.run(str(filtered.metadata.relative_to(small.root)), "--forcerun", "node_filtered")

    newer = filtered.metadata.stat().st_mtime
    assert newer > dataset(small, "envelope").metadata.stat().st_mtime
    assert small.planned(last_of()) == set()


def test_a_parameter_changed_and_changed_back_gives_its_own_values_each_time(small, tmp_path):
    first = digests(small.results("small", "rec01"))
    config = small.write_config("changed.yaml", with_cutoff(30))

    small.run(last_of(), "--configfile", config)
    between = digests(small.results("small", "rec01"))
    small.run(last_of())

    raw = small.root / "tank" / "rec01"
    expected = undisturbed(small_config(small, with_cutoff(30)), raw, tmp_path / "rec01")
    assert between == expected
    assert between["envelope"] != first["envelope"]
    assert digests(small.results("small", "rec01")) == first


def test_a_deleted_intermediate_is_made_where_somebody_needs_it(small):
    shutil.rmtree(dataset(small, "filtered").path)
    config = small.write_config("changed.yaml", with_cutoff(30))

    assert small.planned(last_of()) == set()
    assert rules(small.planned(last_of(), "--configfile", config)) == {
        "node_filtered",
        "node_envelope",
        "node_courses",
    }


@pytest.mark.parametrize("name", ["RawG", "filtered"])
def test_a_data_file_that_was_deleted_alone_is_there_after_the_next_run(small, name):
    small.run()
    values = digests(small.results("small", "rec01"))
    dataset(small, name).data.unlink()

    small.run()
    assert dataset(small, name).data.is_file()
    assert digests(small.results("small", "rec01")) == values
    assert small.planned() == set()


def test_two_experiments_share_raw_files_and_nothing_else(small):
    before = {file: file.stat().st_mtime_ns for file in small.results("small").rglob("*.*")}
    second = small.write_config("second.yaml", CONFIG | {"experiment": "second"})
    theirs = dataset(small, "filtered", "second")

    small.run(str(theirs.metadata.relative_to(small.root)), "--configfile", second)

    ours = dataset(small, "filtered")
    assert theirs.metadata.read_bytes() == ours.metadata.read_bytes()
    assert theirs.data.stat().st_ino != ours.data.stat().st_ino
    after = {file: file.stat().st_mtime_ns for file in small.results("small").rglob("*.*")}
    assert after == before
    assert small.planned(last_of()) == set()
