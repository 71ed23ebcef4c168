"""Interference that is added to EMG at a stated ratio, and is known to the last sample.

All signals are float64, all times seconds from the first sample; no function has a default
sampling rate, and all chance comes from the generator that is passed in.
"""

from __future__ import annotations

from math import log10, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from dspant.simulate import emg
from dspant.simulate.errors import SimulationError
from dspant.simulate.spec import Muscle, SimulationSpec

Signal = NDArray[np.float64]

ECG_NATURAL_QRS_S = 0.02
"""Duration of the QRS complex of :func:`dspant.simulate.emg.ecg_template`."""

INTERFERENCE_KEY = 1 << 20
"""Where the random streams of interference begin, beyond those of all other sources."""

ELECTRODE_SHARE = 0.3
"""What a stimulus leaves on the electrodes, relative to the artefact's peak."""


def mains(
    samples: int,
    *,
    frequency_hz: float,
    harmonics: int,
    drift_hz: float,
    fs_hz: float,
    rng: np.random.Generator,
) -> Signal:
    """Return hum (samples,) with harmonics, of RMS one, whose frequency wanders.

    The k-th harmonic is 1 / k as large as the first, at a random phase; frequency wanders around
    ``frequency_hz`` by a Gaussian process of RMS ``drift_hz`` that has nothing above 0.1 Hz, so all
    harmonics wander together, the k-th k times as far.
    """
    if harmonics * (frequency_hz + 4 * drift_hz) >= fs_hz / 2:
        raise SimulationError(
            f"harmonic {harmonics} of {frequency_hz:g} Hz does not fit below {fs_hz / 2:g} Hz; "
            "ask for fewer harmonics"
        )
    wander_hz = emg.drift(samples, rms_v=drift_hz, highest_hz=0.1, fs_hz=fs_hz, rng=rng)
    phase = 2 * pi * np.cumsum(frequency_hz + wander_hz) / fs_hz
    trace = np.zeros(samples)
    for k in range(1, harmonics + 1):
        trace += np.sin(k * phase + rng.uniform(0, 2 * pi)) / k
    return trace / sqrt(sum(0.5 / k**2 for k in range(1, harmonics + 1)))


def heart(
    beats_s: Signal,
    *,
    qrs_s: float,
    size_cv: float,
    breath_hz: float,
    samples: int,
    fs_hz: float,
) -> Signal:
    """Return an ECG (samples,) of peak-to-peak about one with R waves at ``beats_s`` (beats,).

    Size follows breathing: a sine of ``breath_hz`` with a coefficient of variation of ``size_cv``.
    ``qrs_s`` stretches the complex: 0.02 for a rat, 0.1 for man.
    """
    stretch = qrs_s / ECG_NATURAL_QRS_S
    size = 1 + size_cv * sqrt(2) * np.sin(2 * pi * breath_hz * beats_s)
    before_s, after_s = stretch * emg.ECG_BEFORE_S, stretch * emg.ECG_AFTER_S
    return emg.place(
        beats_s - before_s,
        lambda elapsed_s: size[:, None] * emg.ecg_template((elapsed_s - before_s) / stretch),
        before_s + after_s,
        samples=samples,
        fs_hz=fs_hz,
    )


def stimulus_artefacts(
    onset_s: Signal,
    size: Signal,
    *,
    duration_s: float,
    recovery_s: float,
    samples: int,
    fs_hz: float,
) -> Signal:
    """Return artefacts (samples,): a biphasic pulse, then the electrodes' exponential recovery.

    ``onset_s`` and ``size`` (peak) are (stimuli,); the recovery has the time constant
    ``recovery_s`` and is followed until a ten-thousandth is left.
    """
    pulses = emg.stimulus_artefact(
        onset_s, size, duration_s=duration_s, samples=samples, fs_hz=fs_hz
    )

    def recovery(elapsed_s: Signal) -> Signal:
        rise = 1 - np.exp(-elapsed_s / (duration_s / 4))
        return ELECTRODE_SHARE * size[:, None] * rise * np.exp(-elapsed_s / recovery_s)

    return pulses + emg.place(
        onset_s, recovery, -recovery_s * np.log(1e-4), samples=samples, fs_hz=fs_hz
    )


def at_snr(wanted: Signal, interference: Signal, snr_db: float) -> Signal:
    """Return ``interference`` scaled so that the wanted signal is ``snr_db`` above it.

    Both powers are means over all samples: 10 log10(mean wanted^2 / mean interference^2) = snr_db.
    """
    ratio = mean_power(wanted, "the wanted signal") / mean_power(interference, "the interference")
    return interference * sqrt(ratio / 10 ** (snr_db / 10))


def snr_db(wanted: Signal, interference: Signal) -> float:
    """Return the ratio of the mean powers of both in dB."""
    return 10 * log10(
        mean_power(wanted, "the wanted signal") / mean_power(interference, "the interference")
    )


def mean_power(trace: Signal, name: str) -> float:
    """Return the mean square of a trace; one that is 0 throughout has no ratio to another."""
    power = float(np.mean(trace**2))
    if power == 0:
        raise SimulationError(f"{name} is 0 throughout, so no ratio of powers can be set")
    return power


def interference_of(
    spec: SimulationSpec,
    muscle: Muscle,
    onset_s: Signal,
    size: Signal,
    beats_s: Signal,
    *,
    samples: int,
    fs_hz: float,
) -> Signal:
    """Return all that ``spec.interference`` adds to one muscle (samples,), in volts.

    ``onset_s`` and ``size`` are (stimuli,), ``beats_s`` (beats,). Each part is scaled so that its
    RMS over the recording is the stated ratio below the muscle's RMS in a burst.
    """
    asked, shape = spec.interference, {"samples": samples, "fs_hz": fs_hz}
    # A key of its own: other sources give the same samples with and without interference.
    key = (INTERFERENCE_KEY, [each.name for each in spec.muscles].index(muscle.name))
    seeds = np.random.SeedSequence(spec.seed, spawn_key=key)
    parts: list[tuple[float, Signal]] = []
    if asked.mains_snr_db is not None:
        hum = mains(
            frequency_hz=spec.hum_hz,
            harmonics=asked.mains_harmonics,
            drift_hz=asked.mains_drift_hz,
            rng=np.random.Generator(np.random.PCG64(seeds)),
            **shape,
        )
        parts.append((asked.mains_snr_db, hum))
    if asked.ecg_snr_db is not None:
        beats = heart(
            beats_s,
            qrs_s=asked.qrs_s,
            size_cv=asked.ecg_size_cv,
            breath_hz=1 / spec.breath_period_s,
            **shape,
        )
        parts.append((asked.ecg_snr_db, beats))
    if asked.artefact_snr_db is not None:
        artefacts = stimulus_artefacts(
            onset_s,
            size,
            duration_s=spec.artefact_duration_s,
            recovery_s=asked.artefact_recovery_s,
            **shape,
        )
        parts.append((asked.artefact_snr_db, artefacts))
    added = np.zeros(samples)
    for ratio_db, part in parts:
        power = mean_power(part, "the interference")
        added += part * (muscle.burst_rms_v / sqrt(power) / 10 ** (ratio_db / 20))
    return added
