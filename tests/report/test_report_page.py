from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from page_reader import PageReader
from small_recording import FS_HZ, SmallRecording, step, typical

from dspant.errors import DigestError, RawDataError

LARGEST_PAGE_BYTES = 3_000_000


def test_page_refers_to_nothing_outside_its_folder(typical_page: str) -> None:
    page = PageReader(typical_page)
    for address in page.addresses:
        assert not re.match(r"([a-z]+:)?//|[a-z]+:(?!image/png)", address), address
    assert not set(page.tags) & {"link", "iframe", "img"}
    addresses = set(re.findall(r"https?://[^\s\"')]+", typical_page))
    assert addresses == {"https://github.com/leeoniya/uPlot"}, "the plotting library names its home"
    assert "@import" not in typical_page


def test_every_dataset_has_a_section_and_links_lead_somewhere(
    typical_page: str, typical_recording: SmallRecording
) -> None:
    page = PageReader(typical_page)
    assert set(typical_recording.names) <= set(page.identities)
    inside = {address[1:] for address in page.addresses if address.startswith("#")}
    assert inside <= set(page.identities)
    assert len(page.identities) == len(set(page.identities))


def test_data_files_are_named_beside_the_page(
    typical_page: str, typical_recording: SmallRecording
) -> None:
    addresses = PageReader(typical_page).addresses
    for name in typical_recording.names:
        assert f"{name}.ant/data_{name}.parquet" in addresses
        assert (typical_recording.folder / f"{name}.ant/data_{name}.parquet").is_file()


def test_names_from_the_data_are_escaped(typical_page: str) -> None:
    page = PageReader(typical_page)
    assert "<b>" in [row[0] for row in page.rows if row]
    assert "<i>odd</i>" in page.text
    assert "<i>" not in typical_page
    assert re.findall(r"<b>(?!\w)", typical_page) == []


def test_equal_datasets_give_equal_pages(tmp_path: Path) -> None:
    texts = []
    for run in ("one", "two"):
        small = typical(tmp_path / run / "rec01")
        texts.append(small.page().partition('<footer id="page-provenance">')[0])
        summary = (small.folder / "summary.json").read_bytes()
        assert summary == (tmp_path / "one/rec01/summary.json").read_bytes()
    assert texts[0] == texts[1]


def test_a_step_is_told_with_its_units(typical_page: str) -> None:
    text = " ".join(PageReader(typical_page).text.split())
    assert "bandpass: low 20 Hz; high 450 Hz As by default: order 4; phase zero." in text
    assert "evoked: window -0.05 to 0.1 s; response 0.01 to 0.09 s" in text


def test_unusable_rows_are_counted_by_reason(
    typical_page: str, typical_recording: SmallRecording
) -> None:
    assert typical_recording.summary["unusable"] == {"mep": {"window meets a gap": 4}}
    assert "4 rows not usable: window meets a gap." in PageReader(typical_page).text
    assert "36 of 40" in PageReader(typical_page).text


def test_block_is_shown_with_what_was_taken(typical_page: str) -> None:
    page = PageReader(typical_page)
    assert page.row("Wav/") == [
        "Wav/", "stream", "1,000 Hz", "2 (2, 5)", "12,000 samples (12.00 s)", "no"
    ]  # fmt: skip
    assert page.row("AmpA")[-2:] == ["20 events", "yes"]
    assert "2024-02-29 10:00:00 UTC" in page.text


def test_summary_holds_what_the_experiment_needs(
    typical_page: str, typical_recording: SmallRecording
) -> None:
    summary = typical_recording.summary
    assert set(summary) >= {
        "recording", "block start", "duration_s", "datasets", "quality", "unusable", "findings",
        "warnings",
    }  # fmt: skip
    assert summary["recording"] == "rec01"
    assert summary["datasets"]["bursts"] == {
        "kind": "epoc", "node": "bursts", "op": "double_threshold", "rows": 8
    }  # fmt: skip
    assert summary["datasets"]["mep"]["usable"] == 36
    assert summary["datasets"]["RawG"]["samples"] == 12_000
    assert (summary["findings"], summary["warnings"]) == (1, 0)


def test_first_rows_have_one_prefix_per_column(typical_page: str) -> None:
    page = PageReader(typical_page)
    heading = next(i for i, row in enumerate(page.rows) if "peak (µV)" in row)
    assert page.rows[heading] == ["onset (s)", "offset (s)", "channel", "peak (µV)", "duration_s"]
    assert page.rows[heading + 2] == ["0.0000", "0.5000", "<b>", "200", "0.5000"]


def test_only_the_first_rows_are_shown(typical_page: str) -> None:
    page = PageReader(typical_page)
    heading = next(i for i, row in enumerate(page.rows) if "rms (µV)" in row)
    following = page.rows[heading + 1 : heading + 12]
    assert sum(len(row) == 4 for row in following) == 10
    assert "The first 10 of 470 rows" in page.text


def test_pictures_are_those_of_the_operation_that_made_the_table(typical_page: str) -> None:
    titles = re.findall(r'<svg class="plot" role="img" aria-label="([^"]*)"', typical_page)
    assert titles == [
        "RawG, the whole recording",
        "RawG, a short stretch",
        "AmpA: events",
        "filtered, the whole recording",
        "filtered, a short stretch",
        "Spectrum of RawG and filtered",
        "filtered: realised filter response",
        "bursts: bursts, their durations and peaks",
        "mep: mean response for each stimulus value",
        "mep: recruitment curve",
        "features: features",
    ]


def test_a_table_of_an_unknown_operation_is_drawn(small: SmallRecording) -> None:
    small.stream("RawG", np.zeros((1, 4000)), ["a"])
    rows = {"onset": [0.5, 1.5], "offset": [0.6, 1.7], "depth": [1, 2]}
    small.epoc("found", rows, {"depth": "mm"}, inputs=("RawG",), steps=(step("of_a_plugin"),))
    page = small.page()
    assert 'aria-label="found: intervals"' in page
    assert "of_a_plugin" in page


def test_an_empty_table_is_said_to_be_empty(small: SmallRecording) -> None:
    small.stream("RawG", np.zeros((1, 4000)), ["a"])
    empty = {"onset": np.empty(0), "offset": np.empty(0), "data": np.empty(0)}
    small.epoc("AmpA", empty)
    assert "This table has no rows." in small.page()


def test_gaps_are_named(small: SmallRecording) -> None:
    segments = [(0, 2000, 0.0), (2000, 3000, 4.5)]
    small.stream("RawG", np.ones((1, 5000)), ["a"], segments=segments)
    text = PageReader(small.page()).text
    assert "1 gap, 2.50 s in all: 2.000 to 4.500 s." in text
    assert small.summary["datasets"]["RawG"]["runs"] == 2


def test_a_dataset_of_another_recording_links_to_its_page(small: SmallRecording) -> None:
    values = np.random.default_rng(1).standard_normal((1, 3000))
    small.stream("RawG", values, ["a"])
    small.stream("ratio", values, ["a"], inputs=("RawG", "mvc01/envelope"), steps=(step("x"),))
    page = PageReader(small.page())
    assert "../mvc01/report.html#envelope" in page.addresses


def test_a_recording_without_streams_has_a_page(small: SmallRecording) -> None:
    small.epoc("AmpA", {"onset": [1.0], "offset": [1.0], "data": [3.0]}, {"data": "uA"})
    assert "No raw stream was taken." in small.page()


def test_an_altered_stream_is_refused(small: SmallRecording) -> None:
    small.stream("RawG", np.ones((1, 3000)), ["a"])
    data = small.folder / "RawG.ant/data_RawG.parquet"
    content = bytearray(data.read_bytes())
    place = content.index(np.float32(1).tobytes())
    content[place : place + 4] = np.float32(2).tobytes()
    data.unlink()
    data.write_bytes(content)
    with pytest.raises(DigestError):
        small.page()
    assert not (small.folder / "report.html").exists()


def test_an_unreadable_block_is_an_error_that_names_the_file(small: SmallRecording) -> None:
    small.stream("RawG", np.ones((1, 3000)), ["a"])
    small.block = {"stores": {}}
    small.page()
    (small.folder / "block.json").unlink()
    from dspant.report.block import read_block

    with pytest.raises(RawDataError, match=r"block\.json"):
        read_block(small.folder / "block.json", [])


def test_warnings_of_jobs_are_shown_and_counted(small: SmallRecording) -> None:
    small.warnings = ["3 samples <were> replaced"]
    small.stream("RawG", np.ones((1, 3000)), ["a"])
    assert "3 samples <were> replaced" in PageReader(small.page()).text
    assert small.summary["warnings"] == 1


def test_many_channels_streams_and_events_stay_within_the_size(small: SmallRecording) -> None:
    rng = np.random.default_rng(3)
    channels = [f"channel {number}" for number in range(32)]
    values = rng.standard_normal((32, 8000))
    small.stream("RawG", values, channels)
    for number in range(11):
        small.stream(f"node{number}", values, channels, inputs=("RawG",), steps=(step("rectify"),))
    onset = np.linspace(0, 7.9, 20_000)
    for number in range(4):
        small.epoc(
            f"bursts{number}",
            {
                "onset": onset,
                "offset": onset + 0.001,
                "channel": [channels[i % 32] for i in range(len(onset))],
                "peak": rng.random(len(onset)),
            },
            {"peak": "V"},
            inputs=("node1",),
            steps=(step("double_threshold"),),
        )
    page = small.page()
    assert len(page.encode()) < LARGEST_PAGE_BYTES
    assert "The first 12 of 32 channels are drawn." in page


def test_rate_of_the_recording_is_given_in_full(small: SmallRecording) -> None:
    small.stream("RawG", np.ones((1, 3000)), ["a"], fs_hz=24414.0625)
    assert "24,414.0625 Hz" in PageReader(small.page()).text
    assert FS_HZ != 24414.0625
