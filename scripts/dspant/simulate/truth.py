"""What is true of a simulated recording: the table that is kept beside its block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dspant.simulate.schedule import Stimuli, Times, on_clock
from dspant.simulate.spec import Muscle, SimulationSpec

TRUTH_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("onset", pa.float64(), nullable=False, metadata={"unit": "s"}),
        pa.field("offset", pa.float64(), nullable=False, metadata={"unit": "s"}),
        pa.field("peak_to_peak", pa.float64(), nullable=False, metadata={"unit": "V"}),
        pa.field("latency_s", pa.float64(), nullable=False, metadata={"unit": "s"}),
        pa.field("stimulus_uA", pa.float64(), nullable=False, metadata={"unit": "uA"}),
        pa.field("noise_rms_v", pa.float64(), nullable=False, metadata={"unit": "V"}),
    ]
)
"""One row per burst or response and channel, and per heart beat where the spec asks for them; NaN
where a measure does not apply to the kind."""


@dataclass(frozen=True, eq=False)
class MuscleEvents:
    """What happens in one muscle; responses have one entry per stimulus."""

    bursts_s: Times
    response_onset_s: Times
    latency_s: Times
    peak_to_peak_v: NDArray[np.float64]


def beat_rows(beats_s: Times) -> pa.Table:
    """Return the R waves (beats,): of the whole recording, so their channel is empty."""
    none = np.full(len(beats_s), np.nan)
    columns = {
        "kind": ["beat"] * len(beats_s),
        "channel": [""] * len(beats_s),
        "onset": beats_s,
        "offset": beats_s,
        **dict.fromkeys(("peak_to_peak", "latency_s", "stimulus_uA", "noise_rms_v"), none),
    }
    return pa.table(columns, schema=TRUTH_SCHEMA)


def burst_and_response_rows(
    spec: SimulationSpec, muscle: Muscle, events: MuscleEvents, stimuli: Stimuli
) -> pa.Table:
    """Return what one muscle did."""
    bursts, responses = len(events.bursts_s), len(stimuli.onset_s)
    none = np.full(bursts, np.nan)
    response_offset_s = on_clock(events.response_onset_s + muscle.response_duration_s)
    columns = {
        "kind": ["burst"] * bursts + ["response"] * responses,
        "channel": [muscle.name] * (bursts + responses),
        "onset": np.concatenate([events.bursts_s[:, 0], events.response_onset_s]),
        "offset": np.concatenate([events.bursts_s[:, 1], response_offset_s]),
        "peak_to_peak": np.concatenate([none, events.peak_to_peak_v]),
        "latency_s": np.concatenate([none, events.latency_s]),
        "stimulus_uA": np.concatenate([none, stimuli.current_uA]),
        "noise_rms_v": np.full(bursts + responses, spec.noise_rms_v),
    }
    return pa.table(columns, schema=TRUTH_SCHEMA)
