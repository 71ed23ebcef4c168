"""A list of steps means the same in a notebook and in a config."""

from __future__ import annotations

import json

import pytest

from dspant.config import resolve_steps
from dspant.errors import ConfigError


def test_names_and_parameters_become_full_specs():
    resolved = resolve_steps(["rectify", {"lowpass": {"cutoff_hz": 6}}, {"tkeo": None}])

    assert [step["op"] for step in resolved] == ["rectify", "lowpass", "tkeo"]
    assert resolved[0]["params"] == {"method": "absolute", "low_hz": None}
    assert resolved[1]["params"] == {
        "cutoff_hz": 6.0,
        "order": 4,
        "phase": "zero",
        "design": "butterworth",
        "ripple_db": None,
        "stopband_db": None,
    }
    assert json.loads(json.dumps(resolved)) == resolved


def test_mains_frequency_is_given_for_a_notch():
    (step,) = resolve_steps(["notch"], line_frequency_hz=50)

    assert step["params"]["frequency_hz"] == 50.0


def test_all_problems_are_listed_without_a_file():
    with pytest.raises(ConfigError) as caught:
        resolve_steps(["rectifi", {"lowpass": {"cutof_hz": 6}}, "notch"])

    assert caught.value.problems == [
        "steps[0]: unknown operation 'rectifi'; did you mean 'rectify'?",
        "steps[1].lowpass.cutof_hz: unknown parameter 'cutof_hz'; did you mean 'cutoff_hz'?",
        "steps[2].notch.frequency_hz: missing parameter 'frequency_hz': Centre of the stop band, "
        "in Hz; or give line_frequency_hz once, for the whole experiment",
    ]


@pytest.mark.parametrize("steps", ["rectify", [], None, {"lowpass": {"cutoff_hz": 6}}])
def test_what_is_no_list_of_steps_is_refused(steps):
    with pytest.raises(ConfigError):
        resolve_steps(steps)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("1e3", "write 1000"), ("1e-5", "write 1.0e-05"), ("2.5e-7", "write 2.5e-07")],
)
def test_the_number_that_is_hinted_at_is_one_that_yaml_reads(text, hint):
    import yaml

    with pytest.raises(ConfigError, match=hint):
        resolve_steps([{"lowpass": {"cutoff_hz": text}}])
    assert yaml.safe_load(hint.removeprefix("write ")) == float(text)
