"""What a failed run leaves of an earlier one is told to whoever reads it."""

from __future__ import annotations

import shutil

import pytest
from small_experiment import NODES, dataset, last_of

from dspant import open_recording
from dspant.errors import OutdatedWarning

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def test_results_of_a_raw_file_that_was_damaged_since_are_told(small):
    """Not once it is mended, even where it came back as it was."""
    block = small.root / "tank" / "rec01"
    folder = small.results("small", "rec01")
    good = block.with_name("good")
    shutil.copytree(block, good)
    index = next(block.glob("*.tsq"))
    index.write_bytes(index.read_bytes()[:-8])
    done = small.snakemake(last_of())
    assert done.returncode
    assert not dataset(small, "RawG").metadata.exists()

    with pytest.warns(OutdatedWarning, match=r"RawG\.ant is unfinished"):
        recording = open_recording(folder)
    assert recording.names == sorted(NODES)
    assert set(recording.outdated) == set(NODES)

    shutil.rmtree(block)
    good.rename(block)
    small.run(last_of())
    assert open_recording(folder).outdated == {}
