"""Compose a recording from its sources and keep what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dspant.simulate import emg
from dspant.simulate.interference import interference_of
from dspant.simulate.modulated import modulated_noise
from dspant.simulate.schedule import (
    Stimuli,
    Times,
    breath_times,
    on_clock,
    schedule_stimuli,
    triggered_stimuli,
)
from dspant.simulate.silence import silenced, silences
from dspant.simulate.spec import Muscle, SimulationSpec
from dspant.simulate.tdt_stores import EpocStore, StreamStore, default_chunk_samples
from dspant.simulate.truth import (
    MuscleEvents,
    beat_rows,
    burst_and_response_rows,
    discharge_rows,
    silence_rows,
)

FIRST_SAMPLE_S = 2.0**-20
"""Synapse's first sample comes this long after its start mark."""

TRUTH_STEP_V = 2.0**-40
"""Sizes are rounded to about 1 pV, so that the truth too is the same on any machine."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """The stores of a block, and the truth about them (TRUTH_SCHEMA).

    ``added_v`` is the interference in each muscle (muscles, samples), where the spec asks for it.
    """

    streams: tuple[StreamStore, ...]
    epocs: tuple[EpocStore, ...]
    truth: pa.Table
    added_v: NDArray[np.float64] | None = None


def simulate(spec: SimulationSpec) -> Simulation:
    """Return the recording that ``spec`` describes; equal specs give equal samples on any machine.

    Streams: ``RawG``, the muscles in volts as float32 on the converter's grid, and ``Resp``, the
    airflow as int16 counts of ``airflow_ml_per_s_per_count``. Epocs: ``AmpA``, the stimulus current
    in µA, and ``ChnA``, the stimulating contact. Times are seconds from the block's start mark.
    """
    # New sources take new children, so that old seeds keep their samples.
    children = np.random.SeedSequence(spec.seed).spawn(5 + len(spec.muscles))
    breath_rng, heart_rng, stimulus_rng, airflow_rng, *muscle_rngs, common_rng = (
        np.random.Generator(np.random.PCG64(child)) for child in children
    )
    samples = _whole_chunks(spec.duration_s, spec.fs_hz)
    breaths_s = breath_times(spec, samples / spec.fs_hz, breath_rng)
    beats_s = emg.heart_beats(
        spec.duration_s,
        rate_hz=spec.heart_rate_hz,
        interval_cv=spec.heart_interval_cv,
        rng=heart_rng,
    )
    if spec.trigger == "burst":
        stimuli = triggered_stimuli(spec, breaths_s, stimulus_rng)
    else:
        stimuli = schedule_stimuli(spec, breaths_s, beats_s, stimulus_rng)
    common = emg.white_noise(samples, spec.common_rms_v, common_rng)
    added_v: list[NDArray[np.float64]] = []
    traces, rows = [], [beat_rows(beats_s)] if spec.beats_in_truth else []
    for muscle, rng in zip(spec.muscles, muscle_rngs, strict=True):
        events = _muscle_events(spec, muscle, breaths_s, stimuli, rng)
        trace = _muscle_trace(spec, muscle, events, stimuli, beats_s, samples=samples, rng=rng)
        trace += muscle.common_gain * common + emg.white_noise(samples, muscle.loose_rms_v, rng)
        if spec.interference is not None:
            shape = {"samples": samples, "fs_hz": float(np.float32(spec.fs_hz))}
            added_v.append(
                interference_of(
                    spec,
                    muscle,
                    stimuli.onset_s - FIRST_SAMPLE_S,
                    np.abs(stimuli.current_uA),
                    beats_s - FIRST_SAMPLE_S,
                    **shape,
                )
            )
            trace += added_v[-1]
        traces.append(emg.quantise(trace, spec.adc_lsb_v))
        rows.append(burst_and_response_rows(spec, muscle, events, stimuli))
        rows.append(silence_rows(muscle, events))
        if spec.discharges_in_truth:
            rows.append(discharge_rows(muscle, events, FIRST_SAMPLE_S))
    return Simulation(
        streams=(
            StreamStore("RawG", np.stack(traces), spec.fs_hz, start_s=FIRST_SAMPLE_S),
            _airflow(spec, breaths_s, airflow_rng),
        ),
        epocs=_stimulus_epocs(spec, stimuli),
        truth=pa.concat_tables(rows).sort_by([("onset", "ascending"), ("channel", "ascending")]),
        added_v=np.stack(added_v) if added_v else None,
    )


def _whole_chunks(duration_s: float, fs_hz: float) -> int:
    chunk = default_chunk_samples(fs_hz)
    return int(duration_s * fs_hz) // chunk * chunk


def _muscle_events(
    spec: SimulationSpec,
    muscle: Muscle,
    breaths_s: Times,
    stimuli: Stimuli,
    rng: np.random.Generator,
) -> MuscleEvents:
    # A tenth of the delay varies from breath to breath, so muscles never keep perfect step.
    delay_s = muscle.burst_delay_s * (1 + 0.1 * rng.uniform(-1, 1, len(breaths_s)))
    half_current = {contact.number: contact.half_current_uA for contact in spec.contacts}
    slope = {contact.number: contact.slope_uA for contact in spec.contacts}
    mean_v = emg.recruitment_curve(
        np.abs(stimuli.current_uA),
        maximum_v=muscle.response_maximum_v,
        half_current=np.array([half_current[number] for number in stimuli.contact]),
        slope=np.array([slope[number] for number in stimuli.contact]),
    )
    count = len(stimuli.onset_s)
    size = 1 + spec.response_size_cv * np.clip(rng.standard_normal(count), -3, 3)
    jitter_s = spec.latency_sd_s * np.clip(rng.standard_normal(count), -3, 3)
    onset_s = on_clock(stimuli.onset_s + muscle.response_latency_s + jitter_s)
    bursts_s = on_clock(breaths_s + delay_s[:, None])
    pool, fired = None, []
    if muscle.burst_shape == "recruited":
        pool = emg.motor_unit_pool(spec.motor_units, muscle.burst_rms_v, rng=rng)
        fired = emg.burst_discharges(pool, bursts_s - FIRST_SAMPLE_S, rng=rng)
    return MuscleEvents(
        bursts_s=bursts_s,
        response_onset_s=onset_s,
        latency_s=onset_s - stimuli.onset_s,
        peak_to_peak_v=np.rint(mean_v * size / TRUTH_STEP_V) * TRUTH_STEP_V,
        pool=pool,
        fired=fired,
        silences_s=on_clock(_silences(spec, stimuli, bursts_s)),
    )


def _silences(spec: SimulationSpec, stimuli: Stimuli, bursts_s: Times) -> Times:
    if spec.silence_s is None:
        return np.zeros((0, 2))
    return silences(stimuli.onset_s, spec.silence_s, bursts_s)


def _muscle_trace(
    spec: SimulationSpec,
    muscle: Muscle,
    events: MuscleEvents,
    stimuli: Stimuli,
    beats_s: Times,
    *,
    samples: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    shape = {"samples": samples, "fs_hz": float(np.float32(spec.fs_hz))}
    strongest = max(abs(current) for current in spec.currents_uA) or 1.0
    artefact_v = muscle.artefact_gain * spec.artefact_peak_v / strongest * stimuli.current_uA
    return (
        _activity(muscle, events, rng=rng, **shape)
        + emg.evoked_responses(
            events.response_onset_s - FIRST_SAMPLE_S,
            events.peak_to_peak_v,
            duration_s=muscle.response_duration_s,
            **shape,
        )
        + emg.stimulus_artefact(
            stimuli.onset_s - FIRST_SAMPLE_S,
            artefact_v,
            duration_s=spec.artefact_duration_s,
            **shape,
        )
        + emg.ecg(beats_s - FIRST_SAMPLE_S, peak_to_peak_v=spec.ecg_peak_to_peak_v, **shape)
        + emg.mains_hum(
            frequency_hz=spec.hum_hz,
            peak_v=spec.hum_peak_v,
            phase_rad=rng.uniform(0, 2 * pi),
            **shape,
        )
        + emg.drift(rms_v=spec.drift_rms_v, highest_hz=spec.drift_highest_hz, rng=rng, **shape)
        + emg.white_noise(samples, spec.noise_rms_v, rng)
    )


def _activity(
    muscle: Muscle,
    events: MuscleEvents,
    *,
    samples: int,
    fs_hz: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    shape = {"samples": samples, "fs_hz": fs_hz}
    if events.pool is not None:
        activity = emg.motor_unit_potentials(events.pool, events.fired, **shape)
    else:
        activity = modulated_noise(
            events.bursts_s - FIRST_SAMPLE_S,
            rms_v=muscle.burst_rms_v,
            shape=muscle.burst_shape,
            slowing_per_s=muscle.slowing_per_s,
            rng=rng,
            **shape,
        )
    return silenced(activity, events.silences_s - FIRST_SAMPLE_S, fs_hz=fs_hz)


def _airflow(spec: SimulationSpec, breaths_s: Times, rng: np.random.Generator) -> StreamStore:
    samples = _whole_chunks(spec.duration_s, spec.airflow_fs_hz)
    flow = emg.white_noise(samples, spec.airflow_noise_ml_per_s, rng)
    for start_s, end_s in breaths_s - FIRST_SAMPLE_S:
        inspired_s = end_s - start_s
        # What is breathed in comes out again in the time the shortest pause leaves.
        expired_s = max(spec.burst_gap_s, spec.breath_period_s / 2)
        for onset_s, length_s, sign in ((start_s, inspired_s, 1.0), (end_s, expired_s, -1.0)):
            peak = sign * spec.airflow_peak_ml_per_s * inspired_s / length_s
            flow += emg.place(
                np.array([onset_s]),
                lambda elapsed_s, peak=peak, length_s=length_s: (
                    peak * np.sin(pi * elapsed_s / length_s)
                ),
                length_s,
                samples=samples,
                fs_hz=float(np.float32(spec.airflow_fs_hz)),
            )
    limits = np.iinfo(np.int16)
    counts = np.clip(np.rint(flow / spec.airflow_ml_per_s_per_count), limits.min, limits.max)
    return StreamStore(
        "Resp", counts.astype(np.int16)[None], spec.airflow_fs_hz, start_s=FIRST_SAMPLE_S
    )


def _stimulus_epocs(spec: SimulationSpec, stimuli: Stimuli) -> tuple[EpocStore, ...]:
    offset_s = stimuli.onset_s + on_clock(np.array(spec.artefact_duration_s))
    contact = stimuli.contact.astype(np.float64)
    return (
        EpocStore("AmpA", stimuli.onset_s, stimuli.current_uA, offset_s),
        EpocStore("ChnA", stimuli.onset_s, contact, offset_s),
    )
