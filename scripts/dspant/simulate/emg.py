"""Sources that add up to a surface or intramuscular EMG recording, each with a known truth.

All signals are float64 in volts, all times in seconds from the first sample of the trace; no
function has a default sampling rate, and all chance comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.errors import SimulationError

Signal = NDArray[np.float64]

Fired = list[tuple[Signal, NDArray[np.int64]]]
"""For each burst, the times (events,) in seconds at which units fire, and the unit of each."""

MUAP_ONSET_WIDTHS = 4.0
"""A potential is taken to begin this many of its width parameters before its centre."""
MUAP_SUPPORT_WIDTHS = 5.0

ECG_WAVES = (
    # amplitude (relative to R), centre and standard deviation (seconds from R)
    (0.10, -0.045, 0.0060),
    (-0.12, -0.006, 0.0025),
    (1.00, 0.000, 0.0030),
    (-0.25, 0.007, 0.0030),
    (0.20, 0.030, 0.0100),
)
ECG_BEFORE_S = 0.07
ECG_AFTER_S = 0.08

RESPONSE_PHASES = (3.0, -5.0, 4.0)


@dataclass(frozen=True)
class MotorUnitPool:
    """Motor units in the order of recruitment, one entry per unit in each array.

    ``threshold`` is the drive (0 to 1) that recruits a unit, ``rate_hz`` its mean firing rate,
    ``amplitude`` the scale of its potential (volts times the square root of seconds),
    ``order`` and ``width_s`` the Hermite-Rodriguez order and width of its potential.
    """

    threshold: Signal
    rate_hz: Signal
    amplitude: Signal
    order: NDArray[np.int64]
    width_s: Signal


def place(
    onset_s: Signal,
    waveform: Callable[[Signal], Signal],
    support_s: float,
    *,
    samples: int,
    fs_hz: float,
) -> Signal:
    """Return the sum of waveforms that begin at ``onset_s`` (events,), as a trace (samples,).

    ``waveform`` maps the time since its onset, (events, k), to volts of the same shape, so onsets
    keep their fraction of a sample. What falls outside of the trace is left out.
    """
    trace = np.zeros(samples)
    first = np.ceil(onset_s * fs_hz).astype(np.int64)
    positions = first[:, None] + np.arange(int(np.ceil(support_s * fs_hz)) + 1)
    elapsed_s = positions / fs_hz - onset_s[:, None]
    inside = (positions >= 0) & (positions < samples) & (elapsed_s <= support_s)
    np.add.at(trace, positions[inside], waveform(elapsed_s)[inside])
    return trace


def hermite_rodriguez(time_s: Signal, order: NDArray[np.int64], width_s: Signal) -> Signal:
    """Return Hermite-Rodriguez functions of order 1 (biphasic) or 2 (triphasic), unit energy.

    ``time_s``, ``order`` and ``width_s`` broadcast; the result is in 1/sqrt(s), so that its square
    integrates to one over seconds. Formula: Lo Conte, Merletti and Sandri, IEEE Trans Biomed Eng
    41:1147 (1994), as a model of the motor-unit action potential.
    """
    u = time_s / width_s
    first = 2 * u * sqrt(1 / (2 * factorial(1)))
    second = (4 * u * u - 2) * sqrt(1 / (4 * factorial(2)))
    scale = 1 / np.sqrt(width_s * sqrt(pi))
    return np.where(order == 1, first, second) * scale * np.exp(-0.5 * u * u)


def motor_unit_pool(
    units: int,
    rms_v: float,
    *,
    recruitment_range: float = 10.0,
    amplitude_range: float = 10.0,
    lowest_rate_hz: float = 18.0,
    highest_rate_hz: float = 40.0,
    width_s: tuple[float, float] = (0.0008, 0.0014),
    rng: np.random.Generator,
) -> MotorUnitPool:
    """Return ``units`` motor units whose sum at full drive has an RMS of ``rms_v`` volts.

    Thresholds and sizes grow exponentially with rank: the size principle in the form of Fuglevand,
    Winter and Patla, J Neurophysiol 70:2470 (1993). Early units fire faster than late ones
    (De Luca and Erim, Trends Neurosci 17:299, 1994). The scale follows from Campbell's theorem: the
    variance of a random pulse train is its rate times the energy of the pulse.
    """
    if units < 1:
        raise SimulationError(f"{units} motor units: expected at least one")
    rank = (np.arange(units) + 1) / units
    threshold = np.exp(log(recruitment_range) * rank) / recruitment_range
    size = np.exp(log(amplitude_range) * rank)
    rate_hz = lowest_rate_hz + (highest_rate_hz - lowest_rate_hz) * (1 - threshold)
    power = np.cumsum(rate_hz * size * size)[-1]
    sign = rng.choice([-1.0, 1.0], units)
    return MotorUnitPool(
        threshold=threshold,
        rate_hz=rate_hz,
        amplitude=sign * size * (rms_v / sqrt(power)),
        order=rng.integers(1, 3, units),
        width_s=rng.uniform(*width_s, units),
    )


def discharges(
    pool: MotorUnitPool,
    onset_s: float,
    offset_s: float,
    *,
    initial_drive: float,
    interval_cv: float,
    rng: np.random.Generator,
) -> tuple[Signal, NDArray[np.int64]]:
    """Return discharge times (events,) in seconds and the unit of each (events,), for one burst.

    Drive starts at ``initial_drive`` and reaches 1 at half of the burst, then stays. A unit joins
    when drive meets its threshold; its intervals are Gaussian with coefficient of variation
    ``interval_cv`` (Clamann, Biophys J 9:1233, 1969), cut at a tenth and at twice their mean. The
    first unit fires at the onset, and every potential begins and ends inside the burst.
    """
    units = len(pool.rate_hz)
    ramp_s = 0.5 * (offset_s - onset_s)
    above = np.clip((pool.threshold - initial_drive) / (1 - initial_drive), 0, 1)
    joins_s = onset_s + ramp_s * above
    most = int(np.ceil(2 * (offset_s - onset_s) * pool.rate_hz.max(initial=1.0))) + 4
    relative = np.clip(1 + interval_cv * rng.standard_normal((units, most)), 0.1, 2.0)
    interval_s = relative / pool.rate_hz[:, None]
    # Units that are on from the start are caught at any phase of their interval.
    interval_s[:, 0] *= rng.uniform(0, 1, units)
    interval_s[0, 0] = 0.0
    times_s = joins_s[:, None] + np.cumsum(interval_s, axis=1)
    unit = np.broadcast_to(np.arange(units)[:, None], times_s.shape)
    lasts = times_s + 2 * MUAP_ONSET_WIDTHS * pool.width_s[:, None] <= offset_s
    return times_s[lasts], unit[lasts]


def motor_unit_trains(
    pool: MotorUnitPool,
    bursts_s: NDArray[np.float64],
    *,
    initial_drive: float = 0.6,
    interval_cv: float = 0.15,
    samples: int,
    fs_hz: float,
    rng: np.random.Generator,
) -> Signal:
    """Return the interference pattern (samples,) in volts of a pool that fires in bursts.

    ``bursts_s`` is (bursts, 2) with onset and offset. Between bursts the trace is zero.
    """
    drive = {"initial_drive": initial_drive, "interval_cv": interval_cv}
    fired = burst_discharges(pool, bursts_s, **drive, rng=rng)
    return motor_unit_potentials(pool, fired, samples=samples, fs_hz=fs_hz)


def burst_discharges(
    pool: MotorUnitPool,
    bursts_s: NDArray[np.float64],
    *,
    initial_drive: float = 0.6,
    interval_cv: float = 0.15,
    rng: np.random.Generator,
) -> Fired:
    """Return when and which units fire in each of ``bursts_s`` (bursts, 2)."""
    drive = {"initial_drive": initial_drive, "interval_cv": interval_cv}
    return [discharges(pool, *burst_s, **drive, rng=rng) for burst_s in bursts_s]


def motor_unit_potentials(
    pool: MotorUnitPool, fired: Fired, *, samples: int, fs_hz: float
) -> Signal:
    """Return the sum (samples,) in volts of the potentials of all that ``fired``."""
    trace = np.zeros(samples)
    for times_s, unit in fired:
        trace += _muaps(pool, times_s, unit, samples=samples, fs_hz=fs_hz)
    return trace


def white_noise(samples: int, rms_v: float, rng: np.random.Generator) -> Signal:
    """Return amplifier noise (samples,): Gaussian, white up to Nyquist, of ``rms_v`` volts RMS."""
    return rms_v * rng.standard_normal(samples)


def mains_hum(
    samples: int, *, frequency_hz: float, peak_v: float, phase_rad: float, fs_hz: float
) -> Signal:
    """Return a sine (samples,) of ``peak_v`` volts at the line frequency."""
    return peak_v * np.sin(2 * pi * frequency_hz / fs_hz * np.arange(samples) + phase_rad)


def drift(
    samples: int,
    *,
    rms_v: float,
    highest_hz: float,
    components: int = 12,
    fs_hz: float,
    rng: np.random.Generator,
) -> Signal:
    """Return slow random movement (samples,) of ``rms_v`` volts RMS, nothing above ``highest_hz``.

    A sum of equal sines with random frequencies and phases: the spectral representation of a
    Gaussian process, Shinozuka and Deodatis, Appl Mech Rev 44:191 (1991).
    """
    time_s = np.arange(samples) / fs_hz
    frequencies_hz = rng.uniform(0.05 * highest_hz, highest_hz, components)
    phases_rad = rng.uniform(0, 2 * pi, components)
    trace = np.zeros(samples)
    for frequency_hz, phase_rad in zip(frequencies_hz, phases_rad, strict=True):
        trace += np.sin(2 * pi * frequency_hz * time_s + phase_rad)
    return trace * (rms_v * sqrt(2 / components))


def heart_beats(
    duration_s: float, *, rate_hz: float, interval_cv: float, rng: np.random.Generator
) -> Signal:
    """Return the times (beats,) of R waves, Gaussian intervals of coefficient ``interval_cv``."""
    most = int(np.ceil(2 * duration_s * rate_hz)) + 4
    interval_s = np.clip(1 + interval_cv * rng.standard_normal(most), 0.5, 2.0) / rate_hz
    times_s = np.cumsum(interval_s) - rng.uniform(0, 1) * interval_s[0]
    return times_s[times_s < duration_s]


def ecg_template(time_s: Signal) -> Signal:
    """Return one P-QRS-T complex of peak-to-peak one; ``time_s`` counts from the R wave.

    A sum of Gaussians as in McSharry et al., IEEE Trans Biomed Eng 50:289 (2003), with the timing
    of a rat at rest.
    """
    grid_s = np.arange(-ECG_BEFORE_S, ECG_AFTER_S, 1e-5)
    return _ecg_waves(time_s) / np.ptp(_ecg_waves(grid_s))


def ecg(beats_s: Signal, *, peak_to_peak_v: float, samples: int, fs_hz: float) -> Signal:
    """Return the heart's far field (samples,) with R waves at ``beats_s`` (beats,)."""
    return place(
        beats_s - ECG_BEFORE_S,
        lambda elapsed_s: peak_to_peak_v * ecg_template(elapsed_s - ECG_BEFORE_S),
        ECG_BEFORE_S + ECG_AFTER_S,
        samples=samples,
        fs_hz=fs_hz,
    )


def stimulus_artefact(
    onset_s: Signal, peak_v: Signal, *, duration_s: float, samples: int, fs_hz: float
) -> Signal:
    """Return charge-balanced biphasic artefacts (samples,): one sine cycle of ``duration_s`` each.

    ``onset_s`` and ``peak_v`` are (stimuli,).
    """
    return place(
        onset_s,
        lambda elapsed_s: peak_v[:, None] * np.sin(2 * pi * elapsed_s / duration_s),
        duration_s,
        samples=samples,
        fs_hz=fs_hz,
    )


def response_template(time_s: Signal, duration_s: float) -> Signal:
    """Return a compound muscle action potential of peak-to-peak one that begins sharply at zero.

    Three half sines whose durations and heights are as 3 : -5 : 4. Equal ratios keep the slope
    continuous between phases, and since 9 + 16 = 25 the area is zero, so that a high-pass filter
    leaves the onset and the peak-to-peak in place.
    """
    highest, lowest = max(RESPONSE_PHASES), min(RESPONSE_PHASES)
    unit_s = duration_s / sum(abs(phase) for phase in RESPONSE_PHASES)
    value = np.zeros_like(time_s)
    begin_s = 0.0
    for phase in RESPONSE_PHASES:
        length_s = abs(phase) * unit_s
        elapsed_s = time_s - begin_s
        inside = (elapsed_s >= 0) & (elapsed_s < length_s)
        value = np.where(inside, phase * np.sin(pi * elapsed_s / length_s), value)
        begin_s += length_s
    return value / (highest - lowest)


def evoked_responses(
    onset_s: Signal, peak_to_peak_v: Signal, *, duration_s: float, samples: int, fs_hz: float
) -> Signal:
    """Return evoked potentials (samples,) that begin at ``onset_s`` (responses,).

    ``peak_to_peak_v`` is (responses,); each lasts ``duration_s``.
    """
    return place(
        onset_s,
        lambda elapsed_s: peak_to_peak_v[:, None] * response_template(elapsed_s, duration_s),
        duration_s,
        samples=samples,
        fs_hz=fs_hz,
    )


def recruitment_curve(
    current: Signal, *, maximum_v: float, half_current: Signal | float, slope: float
) -> Signal:
    """Return the response to a stimulus: a Boltzmann function of its strength, in volts.

    maximum / (1 + exp((half_current - current) / slope)), all strengths in one unit. Formula:
    Devanne, Lavoie and Capaday, Exp Brain Res 114:329 (1997).
    """
    return maximum_v / (1 + np.exp((half_current - current) / slope))


def quantise(trace: Signal, lsb_v: float) -> NDArray[np.float32]:
    """Return ``trace`` on the grid of a converter with step ``lsb_v``, as float32.

    With a power of two for the step, every count is exact in float32, and the last-bit differences
    between processors vanish in the rounding. Raises SimulationError beyond 24 bits.
    """
    counts = np.rint(trace / lsb_v)
    largest = np.abs(counts).max(initial=0.0)
    if not largest < 2**24:
        raise SimulationError(
            f"a peak of {largest * lsb_v:.3g} V does not fit in 24 bits of {lsb_v:.3g} V; "
            "lower the amplitudes or raise the converter's step"
        )
    return (counts * lsb_v).astype(np.float32)


def _muaps(
    pool: MotorUnitPool,
    times_s: Signal,
    unit: NDArray[np.int64],
    *,
    samples: int,
    fs_hz: float,
) -> Signal:
    width_s = pool.width_s[unit][:, None]
    order = pool.order[unit][:, None]
    amplitude = pool.amplitude[unit][:, None]
    lead_s = MUAP_SUPPORT_WIDTHS * pool.width_s.max(initial=0.0)
    centre_s = times_s + MUAP_ONSET_WIDTHS * pool.width_s[unit]
    return place(
        centre_s - lead_s,
        lambda elapsed_s: amplitude * hermite_rodriguez(elapsed_s - lead_s, order, width_s),
        2 * lead_s,
        samples=samples,
        fs_hz=fs_hz,
    )


def _ecg_waves(time_s: Signal) -> Signal:
    waves = np.zeros_like(time_s)
    for amplitude, centre_s, sd_s in ECG_WAVES:
        waves += amplitude * np.exp(-0.5 * ((time_s - centre_s) / sd_s) ** 2)
    return waves
