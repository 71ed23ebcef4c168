"""What is true of a simulated recording: the table that is kept beside its block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dspant.simulate.emg import MUAP_ONSET_WIDTHS, Fired, MotorUnitPool
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
"""One row per burst, response or silence and channel, and per heart beat or discharge of a motor
unit where the spec asks for them; NaN where a measure does not apply to the kind."""


@dataclass(frozen=True, eq=False)
class MuscleEvents:
    """What happens in one muscle; responses have one entry per stimulus.

    ``fired`` counts from the first sample; without motor units, ``pool`` is None.
    """

    bursts_s: Times
    response_onset_s: Times
    latency_s: Times
    peak_to_peak_v: NDArray[np.float64]
    pool: MotorUnitPool | None
    fired: Fired
    silences_s: Times


def beat_rows(beats_s: Times) -> pa.Table:
    """Return the R waves (beats,): of the whole recording, so their channel is empty."""
    return _timed_rows("beat", "", beats_s, beats_s)


def discharge_rows(muscle: Muscle, events: MuscleEvents, first_sample_s: float) -> pa.Table:
    """Return the potentials of motor units; each is centred between its onset and its offset."""
    if events.pool is None or not events.fired:
        return TRUTH_SCHEMA.empty_table()
    onset_s, unit = (np.concatenate(column) for column in zip(*events.fired, strict=True))
    length_s = 2 * MUAP_ONSET_WIDTHS * events.pool.width_s[unit]
    onset_s = on_clock(onset_s + first_sample_s)
    return _timed_rows("discharge", muscle.name, onset_s, on_clock(onset_s + length_s))


def silence_rows(muscle: Muscle, events: MuscleEvents) -> pa.Table:
    """Return when the muscle was silent though it would have been active."""
    return _timed_rows("silence", muscle.name, *events.silences_s.T)


def _timed_rows(kind: str, channel: str, onset_s: Times, offset_s: Times) -> pa.Table:
    none = np.full(len(onset_s), np.nan)
    columns = {
        "kind": [kind] * len(onset_s),
        "channel": [channel] * len(onset_s),
        "onset": onset_s,
        "offset": offset_s,
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
