"""Long passes over a dataset tell in the log how far they are, and change nothing by it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pytest
from small_nodes import node, store

from dspant.dataset.recording import open_dataset
from dspant.engine import progress

TABLE = [{"windows": {"length_s": 0.5, "step_s": 0.5, "features": ["mav"]}}]
LEARNING = ["remove_offset"]


@pytest.mark.parametrize("case", [(TABLE, "epoc"), (LEARNING, "stream")])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_pass_that_writes_no_samples_tells_how_much_it_has_read(
    tmp_path: Path, caplog, monkeypatch, case, threads
):
    steps, makes = case
    x = np.random.default_rng(1).normal(size=(4, 700_001)).astype(np.float32)
    raw = store(tmp_path / "Raw.ant", x)
    silent = node(tmp_path / "silent.ant", [raw], steps, makes, threads=threads)
    monkeypatch.setattr(progress, "REPORT_EVERY_S", -1.0)

    with caplog.at_level(logging.INFO, "dspant.node"):
        telling = node(tmp_path / "telling.ant", [raw], steps, makes, threads=threads)

    told = [int(share) for share in re.findall(r": read \((\d+) %\)$", caplog.text, re.MULTILINE)]
    assert len(told) >= 3
    assert told == sorted(told)
    assert told[-1] == 100
    assert f"{raw}: read" in caplog.text
    digests = [open_dataset(path).metadata.dspant.digest for path in (silent, telling)]
    assert digests[0] == digests[1]
