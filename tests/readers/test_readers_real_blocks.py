"""Real blocks, compared with what other readers make of them."""

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
    folder = recordings_folder / "photometry_stub"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return open_block(folder), tdt.read_block(str(folder), noepocauto=True, verbose=0)


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
def test_whole_streams_equal_those_of_the_sdk(photometry, store):
    block, sdk = photometry
    raw, theirs = block.stream(store), sdk.streams[store]
    assert raw.fs_hz == theirs.fs
    assert np.array_equal(raw.read(), np.atleast_2d(theirs.data))
    assert raw.segments == [(0, theirs.data.shape[-1], 2.0**-20)]


def test_a_cut_stream_equals_that_of_the_sdk_where_there_are_data(photometry):
    block, sdk = photometry
    with pytest.raises(TruncatedError, match=r"20 of 60 chunks .* channels 1, 2: 10 of 30"):
        block.stream("Fi1r")
    ours, theirs = block.stream("Fi1r", truncated="keep").read(), sdk.streams["Fi1r"].data
    assert ours.shape == (2, 20 * 512)
    assert np.array_equal(ours, theirs[:, : ours.shape[1]])
    assert not theirs[:, ours.shape[1] :].any()


@pytest.mark.parametrize("store", ["LNnR", "LNRW", "PrtR", "RNPS"])
def test_epocs_equal_those_of_the_sdk(photometry, store):
    block, sdk = photometry
    ours, theirs = block.epoc(store).columns, sdk.epocs[store]
    assert np.array_equal(ours["data"], theirs.data)
    np.testing.assert_allclose(ours["onset"], theirs.onset, rtol=0, atol=SDK_TICK_S)
    np.testing.assert_allclose(ours["offset"], theirs.offset, rtol=0, atol=SDK_TICK_S)


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
