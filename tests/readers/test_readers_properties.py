"""Any mixture of streams, in any order of index and file, comes back as it was."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_blocks import clock, random_samples, scattered, without_steps, write

from dspant.readers.tdt.block import open_block
from dspant.readers.windows import common_windows
from dspant.simulate.tdt_stores import StreamStore

DTYPES = ["int8", "int16", "int32", "int64", "float32", "float64"]
RATES_HZ = [24414.0625, 6103.515625, 3051.7578125, 1017.2526041667]


@st.composite
def streams(draw, name):
    rows, steps = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    chunk = 4 * draw(st.integers(1, 12))
    dtype = draw(st.sampled_from(DTYPES))
    numbers = draw(st.lists(st.integers(1, 300), min_size=rows, max_size=rows, unique=True))
    return StreamStore(
        name=name,
        data=random_samples(dtype, (rows, chunk * steps), draw(st.integers(0, 99))),
        fs_hz=draw(st.sampled_from(RATES_HZ)),
        start_s=draw(st.sampled_from([0.0, 2.0**-20, 0.5]) | st.floats(0, 5)),
        chunk_samples=chunk,
        channels=tuple(numbers),
        sev=draw(st.booleans()),
    )


def steps_of(store):
    return store.data.shape[1] // store.chunk_samples


def in_windows(raws, window_bytes):
    """Samples of each stream, gathered window by window."""
    parts = [[raw.part(0, 0)] for raw in raws]
    for window in common_windows([raw.pieces for raw in raws], window_bytes):
        for part, raw, (first, stop) in zip(parts, raws, window, strict=True):
            part.append(raw.part(first, stop))
    return [np.concatenate(part, axis=1) for part in parts]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_streams_come_back_as_they_were(data):
    names = ["RawG", "Resp", "E_x1"][: data.draw(st.integers(1, 3))]
    stores = [data.draw(streams(name)) for name in names]
    everything = range(steps_of(stores[0]))
    dropped = data.draw(st.sets(st.sampled_from(everything), max_size=len(everything) - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    window_bytes = data.draw(st.sampled_from([64, 1000, 2**24]))

    with tempfile.TemporaryDirectory() as scratch:
        mix = scattered(rng)
        drop = without_steps(*dropped)
        block = open_block(write(Path(scratch) / "b", *stores, edit=lambda i: mix(drop(i))))
        raws = [block.stream(store.name, gaps="segment") for store in stores]
        found = in_windows(raws, window_bytes)

    for store, raw, samples in zip(stores, raws, found, strict=True):
        kept = [n for n in range(steps_of(store)) if store is not stores[0] or n not in dropped]
        chunks = store.data.reshape(len(store.data), -1, store.chunk_samples)
        truth = chunks[np.argsort(store.channels)][:, kept].reshape(len(store.data), -1)
        assert samples.dtype == truth.dtype
        assert np.array_equal(samples, truth)
        firsts = [n for n in kept if n - 1 not in kept]
        step_s = store.chunk_samples / store.stored_fs_hz
        assert [start_s for _, _, start_s in raw.segments] == [
            clock(store.start_s + n * step_s) for n in firsts
        ]
        assert sum(count for _, count, _ in raw.segments) == truth.shape[1]
