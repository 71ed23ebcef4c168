"""Blocks written by dspAnt, read back by the vendor's SDK and by neo."""

import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tdt
from hypothesis import given, settings
from hypothesis import strategies as st
from neo.rawio import TdtRawIO

from dspant.simulate.errors import SimulationError
from dspant.simulate.tdt_block import write_block, write_files
from dspant.simulate.tdt_index import INDEX_DTYPE, build_index, lay_out
from dspant.simulate.tdt_stores import (
    Block,
    EpocStore,
    Note,
    ScalarStore,
    SnipStore,
    StreamStore,
    default_chunk_samples,
    sev_rate,
)

START_UNIX_S = 1_600_000_000.0 - 2.0**-20
SDK_CLOCK_HZ = 195312.5
NEO_DTYPES = ["int8", "int16", "int32", "float32", "float64"]


def read_sdk(folder):
    return tdt.read_block(str(folder), noepocauto=True, verbose=0)


def random_bits(rng, dtype, shape):
    """Any bit pattern of the dtype, NaN and denormals included."""
    dtype = np.dtype(dtype)
    raw = rng.integers(0, 256, (*shape[:-1], shape[-1] * dtype.itemsize), dtype=np.uint8)
    return raw.view(dtype)


def same_bits(first, second):
    first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
    return (
        first.dtype == second.dtype
        and first.shape == second.shape
        and first.tobytes() == second.tobytes()
    )


def clock(time_s):
    """What is left of a time once the start has been added and taken away in float64."""
    return (START_UNIX_S + time_s) - START_UNIX_S


@st.composite
def stream_stores(draw, name, dtypes, numbered):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(1, 5))
    chunk = 4 * draw(st.integers(1, 40))
    dtype = draw(st.sampled_from(dtypes))
    # The SDK fails on a store with a single record.
    steps = draw(st.integers(1 if rows > 1 else 2, 8))
    channels = None
    if numbered and rows > 1:
        channels = tuple(
            draw(st.lists(st.integers(1, 64), min_size=rows, max_size=rows, unique=True))
        )
    return StreamStore(
        name=name,
        data=random_bits(rng, dtype, (rows, chunk * steps)),
        fs_hz=draw(
            st.sampled_from([24414.0625, 6103.515625, 3051.7578, 1017.2526])
            | st.floats(50, 100_000)
        ),
        start_s=draw(st.sampled_from([0.0, 2.0**-20]) | st.floats(0, 5)),
        chunk_samples=chunk,
        channels=channels,
    )


@st.composite
def epoc_stores(draw, name):
    onset_s = np.sort(draw(st.lists(st.floats(0, 100), min_size=1, max_size=20)))
    values = st.floats(allow_nan=False, allow_infinity=False)
    data = draw(st.lists(values, min_size=len(onset_s), max_size=len(onset_s)))
    offset_s = onset_s + draw(st.floats(0, 2)) if draw(st.booleans()) else None
    return EpocStore(name, onset_s, np.array(data), offset_s)


@st.composite
def contents(draw, dtypes, numbered):
    streams = [
        draw(stream_stores(name, dtypes, numbered))
        for name in ["RawG", "Resp", "E_x1"][: draw(st.integers(1, 3))]
    ]
    epocs = [draw(epoc_stores(name)) for name in ["AmpA", "ChnA"][: draw(st.integers(0, 2))]]
    return streams, epocs


@settings(max_examples=60, deadline=None)
@given(contents([*NEO_DTYPES, "int64"], numbered=True))
def test_sdk_reads_back_every_bit(content):
    streams, epocs = content
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_block(
            Path(scratch) / "tank" / "block",
            tank="tank",
            start_unix_s=START_UNIX_S,
            streams=streams,
            epocs=epocs,
        )
        read = read_sdk(folder)
    assert set(read.streams.keys()) == {stream.name for stream in streams}
    for stream in streams:
        found = read.streams[stream.name]
        rows = np.argsort(stream.channels)
        assert same_bits(np.atleast_2d(found.data), stream.data[rows])
        assert found.fs == np.float32(stream.fs_hz)
    assert set(read.epocs.keys()) == {epoc.name for epoc in epocs}
    for epoc in epocs:
        found = read.epocs[epoc.name]
        # The SDK moves every time to its own clock; neo, below, does not.
        half_tick_s = 0.5 / SDK_CLOCK_HZ + 1e-9
        np.testing.assert_allclose(found.onset, clock(epoc.onset_s), rtol=0, atol=half_tick_s)
        np.testing.assert_array_equal(found.data, epoc.data)
        if epoc.offset_s is not None:
            np.testing.assert_allclose(found.offset, clock(epoc.offset_s), rtol=0, atol=half_tick_s)


@settings(max_examples=40, deadline=None)
@given(contents(NEO_DTYPES, numbered=False))
def test_neo_reads_back_every_bit_and_the_raw_clock(content):
    streams, epocs = content
    with tempfile.TemporaryDirectory() as scratch:
        tank = Path(scratch) / "tank"
        write_block(
            tank / "block",
            tank="tank",
            start_unix_s=START_UNIX_S,
            streams=streams,
            epocs=epocs,
        )
        reader = TdtRawIO(str(tank))
        reader.parse_header()
        assert list(reader.header["signal_streams"]["name"]) == [s.name for s in streams]
        for number, stream in enumerate(streams):
            found = reader.get_analogsignal_chunk(0, 0, stream_index=number)
            assert same_bits(found.T, stream.data)
            start_s = reader.get_signal_t_start(0, 0, stream_index=number)
            assert start_s == clock(stream.start_s)
            assert reader.get_signal_sampling_rate(stream_index=number) == stream.stored_fs_hz
        for number, epoc in enumerate(epocs):
            found, _, labels = reader.get_event_timestamps(0, 0, number)
            np.testing.assert_array_equal(found, clock(epoc.onset_s))
            np.testing.assert_array_equal(labels.astype(np.int64).view(np.float64), epoc.data)
        del reader


def test_times_on_the_clock_grid_are_exact_for_neo(tmp_path):
    onset_s = np.round(np.array([0.0, 1.0000003, 17.123456]) * 2**22) / 2**22
    write_block(
        tmp_path / "tank" / "b",
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[],
        epocs=[EpocStore("AmpA", onset_s, [-100.0, -750.0, 4.0])],
    )
    reader = TdtRawIO(str(tmp_path / "tank"))
    reader.parse_header()
    found, _, _ = reader.get_event_timestamps(0, 0, 0)
    np.testing.assert_array_equal(found, onset_s)


def test_short_chunks_between_wide_samples_are_read_right(tmp_path):
    rng = np.random.default_rng(5)
    narrow = StreamStore("Bits", random_bits(rng, "int8", (1, 44)), 100.0, chunk_samples=4)
    wide = StreamStore("Wide", random_bits(rng, "float64", (1, 44)), 100.0, chunk_samples=4)
    folder = write_block(
        tmp_path / "tank" / "b",
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[narrow, wide],
        epocs=[],
    )
    read = read_sdk(folder)
    assert same_bits(read.streams.Bits.data[None], narrow.data)
    assert same_bits(read.streams.Wide.data[None], wide.data)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_sev_streams_read_by_sdk_and_neo(tmp_path, dtype):
    rng = np.random.default_rng(3)
    wave = StreamStore("Wav5", random_bits(rng, dtype, (3, 4096 * 2)), 24414.0625, sev=True)
    slow = StreamStore("Resp", random_bits(rng, "int32", (2, 256)), 1017.2526)
    folder = write_block(
        tmp_path / "tank" / "b",
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[wave, slow],
        epocs=[],
    )
    assert sorted(path.name for path in folder.glob("*.sev")) == [
        f"tank_b_Wav5_Ch{channel}.sev" for channel in (1, 2, 3)
    ]
    read = read_sdk(folder)
    # The SDK appends a zero to a .sev that it reads to the end.
    assert same_bits(read.streams.Wav5.data[:, :-1], wave.data)
    assert read.streams.Wav5.fs == 24414.0625
    assert same_bits(read.streams.Resp.data, slow.data)
    direct = tdt.read_sev(str(folder), event_name="Wav5", t2=0.1, verbose=0)
    assert same_bits(direct.Wav5.data, wave.data[:, : direct.Wav5.data.shape[1]])
    reader = TdtRawIO(str(tmp_path / "tank"))
    reader.parse_header()
    assert same_bits(reader.get_analogsignal_chunk(0, 0, stream_index=0).T, wave.data)
    assert same_bits(reader.get_analogsignal_chunk(0, 0, stream_index=1).T, slow.data)


def test_scalars_snips_and_notes(tmp_path):
    rng = np.random.default_rng(4)
    times_s = np.array([0.25, 0.5, 0.75, 1.0])
    scalars = ScalarStore("Fi1i", times_s, rng.standard_normal((5, 4)))
    snips = SnipStore(
        "eNe1",
        times_s,
        random_bits(rng, "float32", (4, 30)),
        fs_hz=24414.0625,
        channel=np.array([1, 2, 2, 1]),
        sort_code=np.array([0, 1, 2, 31]),
    )
    onsets = EpocStore("AmpA", times_s, [-100.0, -200.0, -300.0, -400.0], times_s + 0.1)
    folder = write_block(
        tmp_path / "tank" / "b",
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[StreamStore("Resp", np.arange(512, dtype=np.int16)[None], 1017.2526)],
        epocs=[onsets],
        scalars=[scalars],
        snips=[snips],
        notes=[Note("gap in the drip", "AmpA", 1), Note("touched the table", "AmpA", 3)],
        stop_s=2.5,
    )
    read = read_sdk(folder)
    np.testing.assert_array_equal(read.scalars.Fi1i.data, scalars.data)
    assert same_bits(read.snips.eNe1.data, snips.waveforms)
    np.testing.assert_array_equal(read.snips.eNe1.chan.ravel(), snips.channel)
    np.testing.assert_array_equal(read.snips.eNe1.sortcode.ravel(), snips.sort_code)
    notes = read.epocs.AmpA.notes
    assert list(notes.notes) == ["gap in the drip", "touched the table"]
    np.testing.assert_allclose(notes.ts, [0.5, 1.0], atol=3e-6)
    np.testing.assert_allclose(read.epocs.AmpA.offset, onsets.offset_s, atol=3e-6)
    assert read.info.duration.total_seconds() == pytest.approx(2.5, abs=1e-6)
    reader = TdtRawIO(str(tmp_path / "tank"))
    reader.parse_header()
    assert [reader.spike_count(0, 0, unit) for unit in range(4)] == [1, 1, 1, 1]
    waveforms = [reader.get_spike_raw_waveforms(0, 0, unit)[0, 0] for unit in range(4)]
    assert same_bits(np.stack(waveforms), snips.waveforms[[0, 3, 1, 2]])


def test_index_agrees_with_the_files(tmp_path):
    data = np.arange(2 * 4096, dtype=np.float32).reshape(2, 4096)
    folder = write_block(
        tmp_path / "tank" / "b",
        tank="tank",
        start_unix_s=START_UNIX_S,
        streams=[StreamStore("RawG", data, 24414.0625, start_s=2.0**-20)],
        epocs=[EpocStore("AmpA", [0.01, 0.1], [1.0, 2.0])],
    )
    tsq = (folder / "tank_b.tsq").read_bytes()
    tev = (folder / "tank_b.tev").read_bytes()
    assert struct.unpack_from("<q", tsq)[0] == len(tsq) == 40 * (1 + 1 + 4 + 2 + 1)
    records = [struct.unpack("<iI4sHHdqif", tsq[k : k + 40]) for k in range(40, len(tsq), 40)]
    size, kind, code, channel, _, timestamp, offset, _, fs_hz = records[1]
    assert (size, kind, code, channel, fs_hz) == (10 + 2048, 0x8101, b"RawG", 2, 24414.0625)
    assert timestamp == 1_600_000_000.0
    assert offset == 80
    assert records[0][1:3] == (0x8801, b"\x01\0\0\0")
    assert records[0][5] == START_UNIX_S
    assert records[-1][1:3] == (0x8801, b"\x02\0\0\0")
    assert records[-1][6] == len(tev) == 80 + data.nbytes
    assert struct.unpack_from("<q", tev)[0] == len(tev) + 40
    assert [record[5] for record in records] == sorted(record[5] for record in records)
    tbk = (folder / "tank_b.Tbk").read_bytes()
    delimiters = [at for at in range(len(tbk)) if tbk.startswith(b"[USERNOTEDELIMITER]", at)]
    assert delimiters[:2] == [344, 712]
    assert struct.unpack_from("<dd", tbk, 324) == (records[0][5], records[-1][5])
    assert struct.unpack_from("<i", tbk, delimiters[2] + 20)[0] == 36_000
    assert struct.unpack_from("<q", tbk, delimiters[2] + 24)[0] == 40
    assert len(tbk) == delimiters[2] + 24 + 8 * 36_000


def test_equal_stores_give_equal_bytes(tmp_path):
    stream = StreamStore("RawG", np.ones((1, 2048), np.float32), 24414.0625)
    folders = [
        write_block(
            tmp_path / place / "b",
            tank="tank",
            start_unix_s=START_UNIX_S,
            streams=[stream],
            epocs=[EpocStore("AmpA", [0.01], [1.0])],
        )
        for place in ("here", "there")
    ]
    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders
    )
    assert first == second
    assert not any(str(tmp_path).encode() in content for content in first.values())


def test_index_can_be_altered_before_writing(tmp_path):
    data = np.arange(2 * 4 * 256, dtype=np.int32).reshape(2, -1)
    block = Block(START_UNIX_S, streams=[StreamStore("EEGx", data, 3051.7578, chunk_samples=256)])
    index = lay_out(build_index(block))
    assert index.dtype == INDEX_DTYPE
    without_second = index[index["step"] != 1]
    folder = write_files(tmp_path / "tank" / "b", block, without_second, tank="tank")
    kept = np.concatenate([data[:, :256], data[:, 512:]], axis=1)
    assert same_bits(read_sdk(folder).streams.EEGx.data, kept)
    np.testing.assert_array_equal(index["source"] >= 0, index["code"] == b"EEGx")


def test_layout_leaves_its_input_alone():
    block = Block(
        START_UNIX_S, streams=[StreamStore("EEGx", np.zeros((2, 512), np.int16), 3051.7578)]
    )
    index = build_index(block)
    before = index.copy()
    lay_out(index)
    np.testing.assert_array_equal(index, before)


@pytest.mark.parametrize(
    ("fs_hz", "samples"), [(24414.0625, 2048), (6103.515625, 512), (3051.7578, 256), (1017.25, 128)]
)
def test_chunks_are_as_long_as_those_of_real_blocks(fs_hz, samples):
    assert default_chunk_samples(fs_hz) == samples


@pytest.mark.parametrize(("fs_hz", "pair"), [(24414.0625, (2, 1)), (1017.2526, (0, 6))])
def test_sev_rate_of_real_headers(fs_hz, pair):
    rate, decimate = sev_rate(fs_hz)
    assert 25e6 * 2.0 ** (rate - 12) / decimate == pytest.approx(fs_hz, rel=1e-7)
    assert (rate, decimate) == pair


ZEROS = np.zeros((2, 512), np.float32)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: StreamStore("Raw", ZEROS, 1000.0), "four printable"),
        (lambda: StreamStore("Ra G", ZEROS, 1000.0), "four printable"),
        (lambda: StreamStore("RawG", ZEROS, 0.0), "positive number of Hz"),
        (lambda: StreamStore("RawG", ZEROS[0], 1000.0), r"\(channels, samples\)"),
        (lambda: StreamStore("RawG", ZEROS.astype(np.float16), 1000.0), "no TDT format"),
        (lambda: StreamStore("RawG", ZEROS[:, :500], 1000.0), "not a multiple"),
        (lambda: StreamStore("RawG", ZEROS, 1000.0, channels=(1, 1)), "distinct number"),
        (lambda: StreamStore("RawG", ZEROS, 1000.0, start_s=-1.0), "from 0 s on"),
        (lambda: StreamStore("RawG", ZEROS, 1000.0, sev=True), r"cannot state 1000\.0 Hz"),
        (lambda: StreamStore("Ra/G", ZEROS, 1017.2526, sev=True), "slash"),
        (lambda: StreamStore("RawG", ZEROS.astype(np.int8), 1e3, chunk_samples=2), "4-byte"),
        (lambda: EpocStore("AmpA", [1.0, 0.5], [1, 2]), "rising"),
        (lambda: EpocStore("AmpA", [-1.0], [1]), "not before the block's start"),
        (lambda: EpocStore("AmpA", [1.0], [1, 2]), "one value for each"),
        (lambda: EpocStore("AmpA", [1.0], [1], [0.5]), "none before its onset"),
        (lambda: ScalarStore("Scal", [1.0], [1.0]), r"\(channels, 1 events\)"),
        (lambda: SnipStore("Snip", [1.0], ZEROS, 1e3, [1], [0]), "events, samples"),
        (lambda: SnipStore("Snip", [1.0], ZEROS[:1], 1e3, [0], [0]), "one channel"),
        (lambda: Note("two\nlines", "AmpA", 0), "one line"),
        (lambda: Block(START_UNIX_S, notes=[Note("?", "AmpA", 0)]), "does not hold"),
        (
            lambda: Block(START_UNIX_S, epocs=[EpocStore("AmpA", [9.0], [1])], stop_s=5.0),
            "before the last sample or event",
        ),
        (
            lambda: Block(
                START_UNIX_S,
                epocs=[
                    EpocStore("AmpA", [1.0], [1], [2.0]),
                    EpocStore("AmpB", [1.0], [1], [2.0]),
                ],
            ),
            "set offset_name",
        ),
    ],
)
def test_what_a_block_cannot_hold_is_refused(make, words):
    with pytest.raises(SimulationError, match=words):
        make()


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "data.tsq").write_bytes(b"")
    with pytest.raises(SimulationError, match="not empty"):
        write_block(tmp_path, tank="tank", start_unix_s=START_UNIX_S, streams=[], epocs=[])
