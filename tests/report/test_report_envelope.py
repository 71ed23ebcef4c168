from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from small_recording import FS_HZ, SmallRecording

from dspant.dataset.stream import Stream
from dspant.report.envelope import OutlineMaker, bin_edges, outline_of
from dspant.report.passes import read_once


def made(small: SmallRecording, bins: int) -> tuple[Stream, OutlineMaker]:
    stream = Stream(small.folder / "RawG.ant")
    maker = OutlineMaker(stream, bins)
    read_once(stream, [maker])
    return stream, maker


def test_outline_equals_numpy_on_the_whole_array(small: SmallRecording) -> None:
    """The stream is longer than two row groups, so that bins cross blocks."""
    values = np.random.default_rng(0).standard_normal((2, 600_000)).astype(np.float32)
    segments = [(0, 250_000, 1.0), (250_000, 350_000, 300.0)]
    small.stream("RawG", values, ["a", "b"], segments=segments)
    stream, maker = made(small, 97)
    assert len(list(stream.chunks())) > 2
    outline = maker.outline()
    edges = outline.edges
    assert 250_000 in edges
    for number, (start, stop) in enumerate(pairwise(edges)):
        part = values[:, start:stop].astype(np.float64)
        np.testing.assert_array_equal(outline.low[:, number], part.min(axis=1))
        np.testing.assert_array_equal(outline.high[:, number], part.max(axis=1))
        np.testing.assert_allclose(outline.spread[:, number], part.std(axis=1), rtol=1e-9)
    middle = (edges[:-1] + edges[1:] - 1) / 2
    late = edges[:-1] >= 250_000
    np.testing.assert_allclose(outline.time_s[~late], 1.0 + middle[~late] / FS_HZ)
    np.testing.assert_allclose(outline.time_s[late], 300.0 + (middle[late] - 250_000) / FS_HZ)


def test_missing_values_are_left_out(small: SmallRecording) -> None:
    values = np.ones((1, 1000), dtype=np.float32)
    values[0, 10:20] = np.nan
    values[0, 30] = np.inf
    small.stream("RawG", values, ["a"])
    outline = made(small, 100)[1].outline()
    assert np.isnan(outline.low[0, 1])
    assert outline.high[0, 3] == 1


@pytest.mark.parametrize("bins", [1, 3, 10, 1000])
def test_bins_cover_every_run_and_cross_no_border(bins: int) -> None:
    edges = bin_edges([(0, 7, 0.0), (7, 1, 9.0), (8, 100, 20.0)], bins)
    assert edges[0] == 0
    assert edges[-1] == 108
    assert {7, 8} <= set(edges.tolist())
    assert (np.diff(edges) > 0).all()


def test_outline_of_a_short_piece_is_the_piece() -> None:
    values = np.arange(6.0).reshape(2, 3)
    middle, low, high = outline_of(values, 10)
    np.testing.assert_array_equal(middle, [0, 1, 2])
    np.testing.assert_array_equal(low, values)
    np.testing.assert_array_equal(high, values)
    assert outline_of(np.empty((2, 0)), 10)[1].shape == (2, 0)
