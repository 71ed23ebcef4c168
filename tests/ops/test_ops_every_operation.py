"""What holds for every registered operation; a new one has to be added to the examples here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from whole_signals import (
    Runs,
    cuttings,
    events_of,
    run_by_run,
    same_bits,
    short_grid,
    stimuli,
    table_of,
)

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.chain import bind, with_inputs
from dspant.engine.source import StreamSource
from dspant.errors import OperationError
from dspant.meanings import meanings
from dspant.ops.features import FEATURES
from dspant.ops.registry import Parameters, operations, stream_operation
from dspant.ops.signal import Events

FS_HZ = 1000.0

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("lowpass", {"cutoff_hz": 40.0, "order": 3}),
    ("lowpass", {"cutoff_hz": 40.0, "phase": "causal"}),
    ("highpass", {"cutoff_hz": 100.0}),
    ("bandpass", {"low_hz": 60.0, "high_hz": 300.0, "order": 2}),
    ("bandstop", {"low_hz": 55.0, "high_hz": 65.0, "order": 2}),
    ("bandpass", {"low_hz": 60.0, "high_hz": 300.0, "design": "chebyshev1", "ripple_db": 0.5}),
    ("lowpass", {"cutoff_hz": 40.0, "design": "chebyshev2", "stopband_db": 40.0}),
    ("highpass", {"cutoff_hz": 9.0, "design": "elliptic", "ripple_db": 1.0, "stopband_db": 50.0}),
    ("lowpass", {"cutoff_hz": 80.0, "design": "bessel", "phase": "causal"}),
    ("notch", {"frequency_hz": 60.0, "q": 2.0}),
    ("notch", {"frequency_hz": 60.0, "harmonics": 5}),
    ("comb", {"frequency_hz": 30.0, "width_hz": 4.0}),
    ("fir", {"low_hz": 60.0, "high_hz": 300.0, "transition_hz": 20.0}),
    ("fir", {"high_hz": 50.0, "transition_hz": 9.0, "phase": "causal"}),
    ("fir", {"low_hz": 90.0, "transition_hz": 30.0, "design": "least_squares", "stop": True}),
    ("rectify", {}),
    ("tkeo", {}),
    ("rms_envelope", {"window_s": 0.05}),
    ("rectify", {"method": "analytic", "low_hz": 30.0}),
    ("rectify", {"method": "square"}),
    ("tkeo", {"method": "modified"}),
    ("mav_envelope", {"window_s": 0.05}),
    ("gaussian_envelope", {"fwhm_s": 0.03}),
    ("hilbert_envelope", {"low_hz": 30.0}),
    ("remove_offset", {"statistic": "median", "over": "run"}),
    ("remove_offset", {"baseline_s": [0.3, 5.2]}),
    ("remove_offset", {"window_s": 0.3}),
    ("detrend", {"order": 3}),
    ("resample", {"to_hz": 640.0}),
    ("resample", {"to_hz": 2500.0, "transition_hz": 90.0}),
    ("decimate", {"factor": 7}),
    ("normalise", {"by": "zscore"}),
    ("normalise", {"by": "robust"}),
    ("normalise", {"by": "mad", "baseline_s": [0.3, 5.2]}),
    ("normalise_to", {"statistic": "rms", "window_s": 0.2}),
    ("normalise_to", {"statistic": "quantile", "quantile": 0.95}),
    (
        "double_threshold",
        {"on_sd": 2.0, "off_sd": 1.0, "baseline_s": [0.2, 1.1], "merge_gap_s": 0.002},
    ),
    ("double_threshold", {"on_level": 0.5, "min_duration_s": 0.002}),
    (
        "windows",
        {"length_s": 0.2, "step_s": 0.12, "features": list(FEATURES), "wamp_threshold": 0.1}
        | {"myop_threshold": 0.5, "vorder_power": 3.0, "higuchi_lag": 6, "wavelet_levels": 3}
        | {"fr_low_hz": [15.0, 60.0], "fr_high_hz": [60.0, 300.0]},
    ),
    ("welch", {"length_s": 0.3, "step_s": 0.1, "segment_s": 0.1}),
    ("multitaper", {"length_s": 0.2, "step_s": 0.07, "half_bandwidth_hz": 10.0}),
    (
        "band_powers",
        {"length_s": 0.2, "step_s": 0.03, "bands_hz": {"low": [0.0, 90.0], "high": [90.0, 400.0]}},
    ),
    ("fatigue", {"length_s": 0.2, "step_s": 0.2, "band_hz": [5.0, 450.0]}),
    ("coherence", {"segment_s": 0.1}),
    ("cocontraction", {"length_s": 0.2, "step_s": 0.05, "rectify": True}),
    ("cross_correlation", {"length_s": 0.2, "step_s": 0.07, "max_lag_s": 0.02}),
    ("phasors", {"length_s": 0.2, "step_s": 0.07, "pairs": [["ch2", "ch0"]]}),
    ("evoked", {"window_s": [-0.02, 0.05], "response_s": [0.005, 0.03], "onset_sd": 1.0}),
    ("single_threshold", {"sd": 1.5, "baseline_epoc": True}),
    ("single_threshold", {"part_of_peak": 0.3, "min_duration_s": 0.002}),
    ("hodges_bui", {"sd": 0.7, "window_s": 0.006, "baseline_quantile": 0.4}),
    ("bonato", {"false_alarm": 0.02, "baseline_s": [0.2, 1.1], "whiten_order": 4}),
    ("aglr", {"threshold": 2.0, "window_s": 0.02, "search_s": 0.03, "baseline_epoc": True}),
    ("change_points", {"bin_s": 0.004, "penalty": 0.3, "on_sd": 1.1, "baseline_s": [0.2, 1.1]}),
    ("cusum", {"threshold": 2.0, "active_sd": 1.5, "baseline_s": [0.2, 1.1], "whiten_order": 4}),
    ("match_events", {"tolerance_s": 0.03, "prefix": "stim_"}),
    ("paired_ratio", {"of": "mean"}),
    ("paired_ratio", {"lag_s": 0.25, "tolerance_s": 0.02}),
    ("evoked_average", {"window_s": [-0.02, 0.05], "resamples": 20, "background_s": [-0.02, 0.0]}),
    ("recruitment_curve", {"fit_floor": True}),
    ("cycle_profiles", {"points": 33, "keep": ["data"]}),
    ("cycle_profiles", {"points": 9, "until": "offset", "all_channels": True}),
    ("cycle_average", {"by": ["data"]}),
    ("burst_measures", {}),
    ("breath_phases", {"inspiration_end": 0.5}),
    ("peaks", {"noise_multiple": 2.0, "sign": "both", "refractory_s": 0.004}),
    ("peaks", {"level": 1.5, "refractory_s": 0.0}),
    ("psth", {"window_s": [-0.2, 0.4], "bin_s": 0.03}),
    ("select_channels", {"channels": ["ch2", "ch0"]}),
    ("drop_channels", {"channels": ["ch1"]}),
    ("rename_channels", {"names": {"ch0": "ch1", "ch1": "ch0"}}),
    ("montage", {"channels": {f"m{i}": {"ch0": 0.3, "ch2": -i} for i in range(5)}}),
    ("bipolar", {"pairs": {"a": ["ch0", "ch1"], "b": ["ch2", "ch1"]}}),
    ("double_differential", {"triples": {"a": ["ch0", "ch1", "ch2"]}}),
    ("reference", {"method": "average"}),
    ("reference", {"method": "median", "groups": {"a": ["ch2", "ch0"]}, "ungrouped": "keep"}),
    ("reference_signal", {"method": "average", "channels": ["ch1", "ch2"]}),
    ("whiten", {"method": "zca"}),
    ("whiten", {"method": "pca", "baseline_s": [0.3, 5.2], "epsilon": 0.01}),
    ("whiten", {"method": "cholesky"}),
    ("clipping", {"level": 1.2, "tolerance": 0.1, "min_samples": 2}),
    ("clipping", {"level": "auto", "tolerance": 2.0, "min_duration_s": 0.002}),
    ("dropouts", {"min_duration_s": 0.004, "tolerance": 0.4}),
    ("mask", {"fill": "linear", "margin_s": 0.003}),
    ("mask", {"fill": "hold", "all_channels": True}),
    ("blank_artefact", {"window_s": [-0.002, 0.006]}),
    ("blank_artefact", {"window_s": [-0.03, 0.14], "fill": "cubic", "channels": ["ch1"]}),
    ("subtract_artefact_template", {"window_s": [-0.004, 0.03], "fit_scale": True}),
    (
        "subtract_artefact_template",
        {"window_s": [-0.01, 0.1], "neighbours": 4, "within_s": 0.9, "max_jitter_s": 0.003},
    ),
    ("subtract_artefact_template", {"window_s": [-0.004, 0.05], "average": "median"}),
    ("r_peaks", {"qrs_s": 0.01}),
    ("remove_ecg", {"window_s": [-0.05, 0.08], "neighbours": 5, "within_s": 0.7}),
    ("remove_ecg", {"window_s": [-0.05, 0.08], "method": "adaptive", "max_jitter_s": 0.002}),
    ("subtract_mains", {"frequency_hz": 60.0, "window_s": 0.3}),
    ("remove_ecg", {"window_s": [-0.01, 0.02], "method": "gate", "channels": ["ch0", "ch2"]}),
    (
        "spectrum_interpolation",
        {"frequency_hz": 60.0, "harmonics": 3, "frame_s": 0.5, "width_hz": 8.0},
    ),
]

STIMULI = [stimuli(np.linspace(-0.1, 6.1, 40), range(40))]

every_example = pytest.mark.parametrize(("name", "params"), EXAMPLES, ids=str)
every_operation = pytest.mark.parametrize("name", sorted(operations()))


def runs() -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(3)
    return [(0.0, rng.normal(size=(3, 4001))), (5.0, rng.normal(size=(3, 1000)))]


BAD = Events(
    "bad",
    pa.table(
        {
            "onset": np.linspace(-0.1, 6.1, 50),
            "offset": np.linspace(-0.1, 6.1, 50) + np.arange(50) % 7 * 0.02,
            "channel": [f"ch{i % 2}" for i in range(50)],
        }
    ),
)

FURTHER: dict[str, list[Any]] = {"mask": [BAD], "normalise_to": [Runs(runs(), FS_HZ)]}
"""Further inputs of operations that take other ones than stimuli."""

SOURCE = object()
"""Stands for the signal among the inputs of operations that take an epoc first."""

TRIALS = events_of(
    "Trials",
    onset=np.linspace(0.1, 5.9, 48),
    offset=np.linspace(0.1, 5.9, 48) + np.arange(48) % 5 * 0.02,
    data=np.arange(48) % 6,
    channel=np.array([f"ch{i % 2}" for i in range(48)], dtype=object),
    peak_to_peak=np.arange(48) % 6 + np.cos(np.arange(48)),
    usable=np.arange(48) % 7 != 3,
    reason=np.where(np.arange(48) % 7 != 3, "", "poor").astype(object),
)

PROFILES = events_of(
    "Profiles",
    onset=np.arange(12.0),
    data=np.arange(12) % 3,
    channel=np.array([f"ch{i % 2}" for i in range(12)], dtype=object),
    profile=np.cos(np.arange(120.0)).reshape(12, 10),
)

FURTHER |= {
    "cycle_profiles": [TRIALS],
    "cycle_average": [PROFILES],
    "single_threshold": [TRIALS],
    "hodges_bui": [TRIALS],
    "bonato": [TRIALS],
    "aglr": [TRIALS],
    "change_points": [TRIALS],
    "cusum": [TRIALS],
    "evoked_average": [TRIALS],
    "match_events": [TRIALS, *STIMULI],
    "paired_ratio": [TRIALS, TRIALS],
    "recruitment_curve": [TRIALS],
    "burst_measures": [TRIALS],
    "breath_phases": [TRIALS, SOURCE],
    "psth": [TRIALS, STIMULI[0], SOURCE],
}


def further_of(name: str) -> list[Any]:
    return FURTHER.get(name, STIMULI[: len(operations()[name].takes) - 1])


def result(source: Any, name: str, params: dict[str, Any]) -> dict[str, np.ndarray]:
    operation = operations()[name]
    if operation.makes == "epoc":
        given = [source, *further_of(name)]
        if operation.takes[0] == "epoc":
            given = [source if each is SOURCE else each for each in given[1:]]
        return table_of(name, given[0], given[1:], **params)
    described = operation.describe(source.signal, operation.parameters(**params))
    made = run_by_run(name, source, further_of(name), **params)
    for values, segment in zip(made, described.segments, strict=True):
        assert values.shape == (len(described.channels), segment.count)
        assert values.dtype == np.float64
    return {str(number): values for number, values in enumerate(made)}


def assert_same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert list(a) == list(b)
    for name, values in a.items():
        if values.dtype == object:
            assert values.tolist() == b[name].tolist()
        else:
            assert same_bits(values, b[name]), name


def test_every_operation_has_an_example_here() -> None:
    assert {name for name, _ in EXAMPLES} == set(operations())


@every_example
@settings(deadline=None, max_examples=12)
@given(cuts=cuttings(4001))
def test_no_result_depends_on_how_the_run_was_cut(
    name: str, params: dict[str, Any], cuts: Sequence[int]
) -> None:
    with short_grid(256):
        whole = result(Runs(runs(), FS_HZ), name, params)
        assert_same(result(Runs(runs(), FS_HZ, cuts), name, params), whole)
    assert sum(values.size for values in whole.values()) > 0


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    folder = DatasetFolder(tmp_path_factory.mktemp("threads") / "Emg.ant")
    header = StreamHeader(
        source="test",
        name="Emg",
        fs_hz=FS_HZ,
        channels=["ch0", "ch1", "ch2"],
        units=["V"] * 3,
        segments=[(0, 4001, 0.0), (4001, 1000, 5.0)],
        dtype="float64",
    )
    with StreamWriter(folder, header, "none") as writer:
        for _, x in runs():
            writer.write(x)
        writer.finish(Provenance())
    return Stream(folder.path)


@every_example
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_no_result_depends_on_the_number_of_threads(
    stream: Stream, name: str, params: dict[str, Any], threads: int
) -> None:
    operation = operations()[name]
    whole = result(Runs(runs(), FS_HZ), name, params)
    if operation.makes == "epoc":
        assert_same(result(StreamSource(stream, (), threads), name, params), whole)
        return
    steps = bind([{"op": name, "version": operation.version, "params": params}])
    source = StreamSource(stream, with_inputs(steps, further_of(name)), threads)
    made = {
        str(number): np.concatenate(list(blocks), axis=1)
        for number, (_, blocks) in enumerate(source.segments())
    }
    assert_same(made, whole)


@every_operation
def test_every_operation_states_its_version_and_what_it_does(name: str) -> None:
    operation = operations()[name]
    assert operation.version >= 1
    assert re.fullmatch(r"[A-Z].{15,}\.", operation.summary)
    assert operation.run.__name__ == name


@every_operation
def test_every_operation_names_its_formula_or_where_it_is_from(name: str) -> None:
    text = operations()[name].run.__doc__
    if name == "windows":
        text = " ".join(feature.meaning for feature in FEATURES.values())
    assert re.search(r"Source:|et al\.|y\[n\] =|sum", text)


@every_operation
def test_every_parameter_says_what_it_means(name: str) -> None:
    for parameter, meaning in meanings(operations()[name].parameters).items():
        assert meaning.rstrip().endswith("."), parameter


@every_operation
def test_parameters_survive_the_way_through_a_plan(name: str) -> None:
    params = next(params for example, params in EXAMPLES if example == name)
    model = operations()[name].parameters(**params)
    assert type(model)(**model.model_dump(mode="json")) == model


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_every_feature_states_its_meaning_and_unit(name: str) -> None:
    feature = FEATURES[name]
    assert len(feature.meaning) > 15
    assert re.fullmatch(
        r"|log10\(V\)|(1/)?(V|Hz|V s|V Hz)(\^[0-9.]+)?( s| Hz(\^[23])?)?", feature.unit_for("V")
    )
    assert len(feature.source) > 8
    assert feature.compute.__name__ == name


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(OperationError, match="'rectify' is registered twice"):

        @stream_operation(Parameters, version=1)
        def rectify(blocks: Any, signal: Any, params: Any) -> Any:
            """Something else."""
            return blocks


def test_planning_loads_no_array_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from dspant.ops.registry import operations; dict(operations());"
        "sys.exit(sum(m in sys.modules for m in ('numpy', 'scipy', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
