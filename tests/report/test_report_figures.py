from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from small_recording import SmallRecording, typical

from dspant.dataset.recording import open_dataset
from dspant.report.figure import INK, Picture, drawing, finish, panels
from dspant.report.figures import write_figures
from dspant.report.graph import BOX_WIDTH, GraphNode, lay_out
from dspant.report.numbers import duration, quantity, scale_for, share, significant, with_unit
from dspant.report.page import render
from dspant.report.recording import open_and_survey
from dspant.report.spectrum import on_log_grid
from dspant.report.spectrum_figures import draw_spectra
from dspant.report.steps import phrase
from dspant.report.stretch import choose_stretch


def test_a_figure_takes_its_colours_from_the_page_and_escapes_its_text() -> None:
    with drawing("figure"):
        figure, axes = panels(1, 100)
        axes[0].set_title("<b> & $x$")
        svg = str(finish(figure, 'a "title"', "").svg)
    assert "var(--ink)" in svg
    assert "#0102" not in svg
    assert "&lt;b&gt; &amp; $x$" in svg
    assert 'aria-label="a &#34;title&#34;"' in svg
    assert "<style" not in svg


def test_boxes_stand_to_the_right_of_their_inputs_and_do_not_overlap() -> None:
    nodes = [
        GraphNode("a", "", False, []),
        GraphNode("b", "", False, []),
        GraphNode("c", "", True, ["a"]),
        GraphNode("d", "", True, ["c", "b"]),
        GraphNode("e", "", True, ["a", "d", "elsewhere"]),
    ]
    picture = lay_out(nodes)
    place = {box.name: box for box in picture.boxes}
    for node in nodes:
        for parent in set(node.inputs) & set(place):
            assert place[parent].x + BOX_WIDTH < place[node.name].x
    columns: dict[float, list[float]] = {}
    for box in picture.boxes:
        columns.setdefault(box.x, []).append(box.y)
        assert 0 <= box.y <= picture.height - picture.box_height
    assert all((np.diff(sorted(ys)) > picture.box_height).all() for ys in columns.values())
    assert len(picture.arrows) == 5


def test_what_a_box_has_no_room_for_is_cut_and_kept_whole_in_its_title() -> None:
    steps = "select_channels, single_threshold"
    (box,) = lay_out([GraphNode("gastrocnemius_lateralis", steps, True, [])]).boxes
    assert (box.name, box.kind) == ("gastrocnemius_lateralis", steps)
    assert (box.label, box.note) == ("gastrocnemius_lat…", "select_channels, single…")
    drawn = render("dag.svg.j2", graph=lay_out([GraphNode("a", steps, True, [])]))
    assert drawn.count(steps) == 1
    assert f"<title>a: {steps}</title>" in drawn


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.000251, "V", "251 µV"),
        (251.0, "uV", "251 µV"),
        (1500.0, "uV", "1.50 mV"),
        (-0.0021, "V", "-2.10 mV"),
        (1e-3, "V", "1.00 mV"),
        (0.5, "mL/s", "0.500 mL/s"),
        (3.0, "V^2", "3.00 V²"),
        (2e-6, "V s", "2.00 µV s"),
        (0.0, "V", "0 V"),
        (None, "V", "–"),
        (float("nan"), "V", "–"),
    ],
)
def test_quantities(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_scale_turns_values_into_its_unit() -> None:
    scale = scale_for(3.2e-4, "V")
    assert (scale.unit, 3.2e-4 * scale.factor) == ("µV", pytest.approx(320))


def test_texts() -> None:
    assert [share(x) for x in (None, 0, 1e-7, 0.0123)] == ["–", "0 %", "<0.01 %", "1.23 %"]
    assert [duration(x) for x in (3.14159, 125, 3725.4)] == [
        "3.14 s", "2 min 05 s", "1 h 02 min 05 s"
    ]  # fmt: skip
    assert significant(1234.5) == "1,234"
    assert with_unit("latency_s", "s") == "latency_s"
    assert with_unit("peak", "µV") == "peak (µV)"
    assert phrase("on_sd", 3.0) == "on 3 SD"
    assert phrase("features", ["mav", "rms"]) == "features mav, rms"


def test_a_log_grid_keeps_the_mean_of_a_flat_spectrum() -> None:
    frequency_hz = np.arange(0, 5001.0)
    grid_hz, power = on_log_grid(frequency_hz, np.ones((2, 5001)), 100)
    assert len(grid_hz) <= 100
    assert (np.diff(grid_hz) > 0).all()
    np.testing.assert_allclose(power, 1)


def test_streams_show_the_events_found_in_them_or_below(tmp_path: Path) -> None:
    small = typical(tmp_path / "rec01")
    recording = open_and_survey(small.datasets, small.names, 60.0)
    assert [o.name for o in recording.overlays("filtered")] == ["bursts", "events of mep"]
    assert [o.name for o in recording.overlays("RawG")] == ["bursts", "events of mep"]
    bursts = recording.overlays("RawG")[0]
    assert bursts.within(2.9, 3.1, "left") == [(3.0, 3.5)]
    outlines = list(recording.outlines.values())
    assert choose_stretch([bursts], outlines, recording.span_s) == (0.0, 2.0)
    start_s, end_s = choose_stretch([], outlines, recording.span_s)
    assert 0 <= start_s < end_s <= 12
    assert end_s - start_s == pytest.approx(2.0)


def drawn_spectra(small: SmallRecording, **after: object) -> Picture:
    noise = 1e-4 * np.random.default_rng(3).standard_normal((2, 8000))
    small.stream("RawG", noise, ["a", "b"])
    small.stream("made", **({"values": noise, "channels": ["a", "b"]} | after))
    recording = open_and_survey(small.datasets, small.names, 60.0)
    return draw_spectra(recording.streams["RawG"], recording.streams["made"])


def test_a_channel_made_of_others_is_compared_with_their_median(small: SmallRecording) -> None:
    noise = np.random.default_rng(4).standard_normal((1, 8000))
    picture = drawn_spectra(small, values=noise, channels=["a - b"])
    assert "RawG (median of its channels)" in picture.svg
    assert picture.title == "Spectrum of RawG and made"


def test_a_stream_in_another_unit_has_no_place_on_the_axis(small: SmallRecording) -> None:
    picture = drawn_spectra(small, unit="V^2")
    assert picture.title == "Spectrum of made"
    assert "(V²)²/Hz" in picture.svg


def test_many_channels_share_one_panel(small: SmallRecording) -> None:
    noise = np.random.default_rng(4).standard_normal((6, 8000))
    picture = drawn_spectra(small, values=noise, channels=list("abcdef"))
    assert "6 channels (V²/Hz)" in picture.svg
    assert "median of all channels" in picture.caption


DRAWN = "{http://www.w3.org/2000/svg}metadata/{urn:dspant:figure}drawn"


def test_every_figure_of_a_recording_states_what_was_drawn(tmp_path: Path) -> None:
    small = typical(tmp_path / "rec01")
    small.page()
    files = sorted((small.folder / "report_figures").iterdir())
    texts = [file.read_text(encoding="utf-8") for file in files]
    small.page()
    assert [file.read_text(encoding="utf-8") for file in files] == texts
    assert len(files) > 5
    for file, text in zip(files, texts, strict=True):
        drawn = ElementTree.fromstring(text).find(DRAWN)  # noqa: S314 - our own
        stated = {element.tag.rpartition("}")[2]: element.text for element in drawn}
        assert f"{stated['dataset']}_{stated['figure']}.svg" == file.name
        dataset = open_dataset(small.folder / f"{stated['dataset']}.ant")
        assert stated["digest"] == dataset.metadata.dspant.digest
        assert (stated["experiment"], stated["recording"]) == ("trial", "rec01")
        assert stated["version"] == version("dspant")


def test_figures_are_files_of_their_own_that_appear_whole(tmp_path: Path) -> None:
    folder = tmp_path / "report_figures"
    with drawing("my_node-whole"):
        figure, axes = panels(1, 60)
        axes[0].plot([0, 1], [0, 1], color=INK)
        picture = finish(figure, "my_node <whole>", "A line & a caption.")
    made = {
        "experiment": "hand & arm",
        "recording": "rat01",
        "identity": {"datasets": {"my_node": {"digest": "xxh3:12"}}},
        "runs": {"report": {"versions": {"dspant": "1.2.3"}, "host": "lab-pc"}},
    }
    write_figures(folder, [picture], made)
    (file,) = folder.iterdir()
    assert file.name == "my_node_whole.svg"
    root = ElementTree.parse(file).getroot()  # noqa: S314 - our own
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title") == "my_node <whole>"
    assert root.findtext(f"{name}desc") == "A line & a caption."
    assert float(root.get("width", 0)) == 760
    assert {element.tag.rpartition("}")[2]: element.text for element in root.find(DRAWN)} == {
        "experiment": "hand & arm",
        "recording": "rat01",
        "dataset": "my_node",
        "digest": "xxh3:12",
        "figure": "whole",
        "version": "1.2.3",
    }
    write_figures(folder, [], made)
    assert list(folder.iterdir()) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["report_figures"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("sd", 3.0, "3 SD"),
        ("by", [], "by –"),
        ("names", {"ch1": "biceps", "ch2": "triceps"}, "names ch1 biceps, ch2 triceps"),
        ("pairs", {"biceps": ["ch1", "ch2"]}, "pairs biceps (ch1, ch2)"),
        ("bands_hz", {"low": [20.0, 80.0]}, "bands low (20 to 80) Hz"),
        ("channels", {"c": {"a": 1.0, "b": -0.5}}, "channels c (a 1, b -0.5)"),
        ("pairs", [["a", "b"], ["a", "c"]], "pairs (a, b), (a, c)"),
    ],
)
def test_parameters_in_words(name: str, value: object, text: str) -> None:
    assert phrase(name, value) == text
