"""Real blocks, compared with what other readers make of them."""

import re
import warnings

import numpy as np
import pytest
import tdt
from neo.rawio import TdtRawIO

from dspant.dataset.stream import Stream
from dspant.errors import TruncatedError
from dspant.readers import READERS
from dspant.readers.ingest import ingest
from dspant.readers.tdt.block import open_block

SDK_TICK_S = 1 / 195312.5


@pytest.fixture(scope="module")
def photometry(recordings_folder):
    """The block, the SDK's reading of it, and neo's, which takes a block by one of its files."""
    folder = recordings_folder / "photometry_stub"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sdk = tdt.read_block(str(folder), noepocauto=True, verbose=0)
        neo = TdtRawIO(str(next(folder.glob("*.tev"))))
        neo.parse_header()
    return open_block(folder), sdk, neo


def neo_stream(neo, store):
    """Samples, channels x samples, and start in seconds."""
    stream = list(neo.header["signal_streams"]["name"]).index(store)
    samples = neo.get_analogsignal_chunk(stream_index=stream)
    return samples.T, neo.get_signal_t_start(0, 0, stream)


@pytest.fixture(scope="module")
def cortex(recordings_folder, tmp_path_factory):
    """The block, and neo's multi-block mode, which wants it in a folder named after its tank."""
    source = recordings_folder / "ecog_512_stub"
    tank = tmp_path_factory.mktemp("neo") / "512ch_reconly_all-181123"
    (tank / "B24_rest").mkdir(parents=True)
    for file in source.iterdir():
        (tank / "B24_rest" / file.name).symlink_to(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = TdtRawIO(str(tank))
        reader.parse_header()
    return open_block(source), reader


@pytest.mark.parametrize("store", ["Dv1A", "Dv2A", "Dv3B", "Dv4B", "Fi1d"])
def test_whole_streams_equal_those_of_the_sdk_and_of_neo(photometry, store):
    block, sdk, neo = photometry
    raw, theirs = block.stream(store), sdk.streams[store]
    samples, start_s = neo_stream(neo, store)
    assert raw.fs_hz == theirs.fs
    assert np.array_equal(raw.read(), np.atleast_2d(theirs.data))
    assert np.array_equal(raw.read(), samples)
    assert raw.segments == [(0, samples.shape[1], start_s)]
    assert start_s == 2.0**-20


CHUNK = 512


def test_chunks_that_the_file_holds_equal_those_of_the_sdk_and_of_neo(photometry):
    block, sdk, neo = photometry
    ours = block.stream("Fi1r", truncated="keep").read()
    assert ours.shape == (2, 20 * CHUNK)
    for theirs in (sdk.streams["Fi1r"].data, neo_stream(neo, "Fi1r")[0]):
        chunks = theirs.reshape(2, 30, CHUNK)
        assert chunks[:, :20].any(axis=2).all()
        assert not chunks[:, 20:].any()
        assert np.array_equal(ours.reshape(2, 20, CHUNK), chunks[:, :20])


def test_chunks_that_the_file_lacks_are_told_and_never_zeros(photometry):
    block, _, neo = photometry
    said = (
        r"store 'Fi1r': 20 of 60 chunks .* channels 1, 2: 10 of 30 chunks, 0\.838861 of 2\.516582 s"
    )
    with pytest.raises(TruncatedError, match=said):
        block.stream("Fi1r")
    assert any(re.search(said, finding) for finding in block.summary()["findings"])
    channels, samples = neo_stream(neo, "Fi1r")[0].shape
    assert (channels, samples) == (2, 30 * CHUNK)
    assert f"{samples / 6103.515625:.6f}" == "2.516582"
    assert f"{10 * CHUNK / 6103.515625:.6f}" == "0.838861"
    kept = block.stream("Fi1r", truncated="keep")
    assert kept.segments == [(0, 20 * CHUNK, 2.0**-20)]


@pytest.mark.parametrize("store", ["LNnR", "LNRW", "PrtR", "RNPS"])
def test_epocs_equal_those_of_the_sdk_and_of_neo(photometry, store):
    block, sdk, neo = photometry
    ours, theirs = block.epoc(store).columns, sdk.epocs[store]
    assert np.array_equal(ours["data"], theirs.data)
    np.testing.assert_allclose(ours["onset"], theirs.onset, rtol=0, atol=SDK_TICK_S)
    np.testing.assert_allclose(ours["offset"], theirs.offset, rtol=0, atol=SDK_TICK_S)
    event = list(neo.header["event_channels"]["name"]).index(store)
    onset_s, _, bits = neo.get_event_timestamps(event_channel_index=event)
    assert np.array_equal(ours["onset"], onset_s)
    assert np.array_equal(ours["data"], bits.astype("int64").view("float64"))


@pytest.mark.parametrize("store", ["EEG1", "EEG2", "Wav6"])
def test_chunks_out_of_order_equal_those_of_neo(cortex, store):
    block, neo = cortex
    names = list(neo.header["signal_streams"]["name"])
    stream = names.index(store)
    ours = block.stream(store, truncated="keep").read()
    theirs = neo.get_analogsignal_chunk(0, 0, i_stop=ours.shape[1], stream_index=stream)
    assert ours.shape[1] == 8 * 256
    assert np.array_equal(ours, theirs.T)


def test_files_of_single_channels_equal_those_of_the_sdk(cortex):
    block, _ = cortex
    raw = block.stream("Wav5", truncated="keep")
    sdk = tdt.read_sev(str(block.folder), event_name="Wav5")["Wav5"].data
    assert raw.fs_hz == 24414.0625
    assert np.array_equal(raw.read(), sdk[:, :10])


def test_no_false_alarm_about_chunks_and_settings(photometry, cortex):
    for block in (photometry[0], cortex[0]):
        text = "\n".join(block.summary()["findings"])
        for alarm in ("out of the order of time and channel", "by the .Tbk", "samples apart"):
            assert alarm not in text


def test_ingest_of_a_real_block(cortex, tmp_path):
    block, _ = cortex
    kept = {"kind": "stream", "unit": "V", "truncated": "keep"}
    spec = {
        "reader": {"name": "tdt", "version": READERS["tdt"]},
        "stores": {"EEG1": kept, "EEG2": kept, "Wav5": kept, "Wav6": kept},
        "storage": {"compression": "none"},
    }
    ingest(block.folder, spec, tmp_path)
    for store in spec["stores"]:
        read = Stream(tmp_path / f"{store}.ant")
        read.verify()
        assert np.array_equal(read.read(), block.stream(store, truncated="keep").read())
