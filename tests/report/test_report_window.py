"""Pictures drawn on demand: what they show, and what is refused."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from small_recording import FS_HZ, SmallRecording

from dspant.report.window import main

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def recording(small: SmallRecording) -> SmallRecording:
    time_s = np.arange(4000) / FS_HZ
    tone = np.sin(2 * np.pi * 50 * time_s)
    small.stream("raw", 1e-3 * np.stack([tone, 2 * tone]), ["left", "right"])
    small.stream("smooth", 1e-3 * np.abs(np.stack([tone, tone])), ["left", "right"])
    small.stream("percent", 10 * tone[None], ["left"], unit="%")
    small.epoc("bursts", {"onset": [1.0, 2.0], "offset": [1.5, 2.5], "channel": ["left", "right"]})
    return small


def drawn(recording: SmallRecording, *arguments: str) -> ElementTree.Element:
    output = recording.folder / "picture.svg"
    assert main([str(recording.folder), str(output), *arguments]) == 0
    return ElementTree.parse(output).getroot()  # noqa: S314 - our own file


def words(picture: ElementTree.Element) -> list[str]:
    return [element.text for element in picture.iter(f"{SVG}text")]


def test_panels_name_dataset_channel_and_unit(recording):
    picture = drawn(recording, "raw", "raw/right,smooth/right", "percent", "--seconds", "0.5", "3")
    found = words(picture)

    assert {"raw: left (mV)", "right (mV)", "raw", "smooth", "percent: left (%)"} <= set(found)
    assert found.count("time (s)") == 1
    assert float(picture.get("width")) > 0


def test_each_line_has_a_name_of_its_own(recording):
    of_channels = words(drawn(recording, "raw/left,raw/right", "--seconds", "0.5", "3"))
    of_both = words(drawn(recording, "raw/left,smooth/right", "--seconds", "0.5", "3"))
    of_spectra = words(drawn(recording, "raw/left,raw/right", "--spectrum", "120"))

    assert {"raw (mV)", "left", "right"} <= set(of_channels)
    assert {"raw: left", "smooth: right"} <= set(of_both)
    assert {"left", "right"} <= set(of_spectra)


def test_only_a_channels_own_events_are_marked(recording):
    def shades(channel: str, seconds: tuple[str, str]) -> int:
        marked = drawn(recording, f"raw/{channel}", "--seconds", *seconds, "--events", "bursts")
        return sum(shade.get("opacity") == "0.2" for shade in marked.iter(f"{SVG}path"))

    assert shades("left", ("0.5", "3")) == shades("right", ("0.5", "3")) == 1
    assert shades("left", ("1.9", "3")) == 0


def test_a_spectrum_ends_where_it_is_asked_to(recording):
    picture = drawn(recording, "raw,smooth", "--spectrum", "120")

    assert {"left (V²/Hz)", "frequency (Hz)", "raw", "smooth"} <= set(words(picture))
    ticks = [float(text) for text in words(picture) if text.isdigit()]
    assert max(ticks) <= 120


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["raw/middle", "--seconds", "0", "1"], "it has left, right"),
        (["bursts", "--seconds", "0", "1"], "name it with --events"),
        (["raw,percent", "--seconds", "0", "1"], "one panel shows one unit"),
        (["raw,percent", "--spectrum", "100"], "one panel shows one unit"),
        (["raw", "--seconds", "8", "9"], "choose other --seconds"),
        (["raw", "--seconds", "0", "1", "--events", "smooth"], "name it as a panel"),
    ],
)
def test_what_cannot_be_drawn_is_told(recording, capsys, arguments, message):
    output = recording.folder / "picture.svg"

    assert main([str(recording.folder), str(output), *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not output.exists()
