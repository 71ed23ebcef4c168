"""How well interference is removed, on simulated EMG whose truth is known.

``python tests/ops/interference_scores.py docs/interference.md`` writes the page with the tables.

What is left is told from what was lost by a second run with the EMG's sign turned round: of the
results of EMG + interference and -EMG + interference, half the sum is what is left of the
interference and half the difference what became of the EMG, for any operation that treats both as
a sum.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ancestor_methods import correlation_template, delay_comb, wavelet_packets
from whole_signals import TDT_FS_HZ, Runs, filtered, stimuli, table_of

from dspant.simulate import emg, interference

FS_HZ = TDT_FS_HZ / 4
"""Rate for ECG and mains, as Synapse offers it; no whole number of samples is a mains period."""

DELAY_COMB = "y[n] = x[n] - x[n-N] (ancestor)"

SNRS_DB = (-20, -10, 0, 10, 20)
CHANNELS = 4
SECONDS = 60.0
MAINS_HZ, HARMONICS = 60.0, 8
QRS_S = 0.02
BEAT = {"window_s": [-0.06, 0.06]}
ARTEFACT_S = [-0.0005, 0.012]

Method = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Score:
    """One method at one ratio; each figure has one value per channel.

    ``removed_db``: power of the interference before over after. ``kept``: 1 minus the power of what
    changed in the EMG, over that of the EMG. ``after_db``: power of the EMG over that of all that
    differs from it.
    """

    kind: str
    method: str
    snr_db: float
    removed_db: np.ndarray
    kept: np.ndarray
    after_db: np.ndarray


def muscle_signals(
    channels: int, seconds: float, fs_hz: float, seed: int, *, burst_s: float = 0.45
) -> np.ndarray:
    """Muscles active once a second, and amplifier noise, channels x samples, of RMS one."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * fs_hz)
    starts_s = np.arange(0.3, seconds - 0.5, 1.0)
    traces = []
    for _ in range(channels):
        bursts_s = starts_s[:, np.newaxis] + rng.uniform(0, 0.1, (len(starts_s), 1)) + [0, burst_s]
        pool = emg.motor_unit_pool(60, 250e-6, rng=rng)
        trace = emg.motor_unit_trains(pool, bursts_s, samples=samples, fs_hz=fs_hz, rng=rng)
        traces.append(trace + emg.white_noise(samples, 4e-6, rng))
    wanted = np.array(traces)
    return wanted / np.sqrt((wanted**2).mean(axis=1, keepdims=True))


def added(wanted: np.ndarray, disturbance: np.ndarray, snr_db: float) -> np.ndarray:
    return np.array([interference.at_snr(row, disturbance, snr_db) for row in wanted])


def score(
    kind: str,
    name: str,
    method: Method,
    *,
    wanted: np.ndarray,
    disturbance: np.ndarray,
    snr_db: float,
) -> Score:
    with_emg, against_emg = method(wanted + disturbance), method(disturbance - wanted)
    left, passed = (with_emg + against_emg) / 2, (with_emg - against_emg) / 2
    was, of_emg = _power(disturbance), _power(wanted)
    return Score(
        kind,
        name,
        snr_db,
        removed_db=10 * np.log10(was / np.maximum(_power(left), 1e-12 * was)),
        kept=1 - _power(passed - wanted) / of_emg,
        after_db=10 * np.log10(of_emg / _power(with_emg - wanted)),
    )


def _power(x: np.ndarray) -> np.ndarray:
    return (x**2).mean(axis=1)


def _operation(name: str, fs_hz: float, further: Sequence[Any] = (), **params: Any) -> Method:
    def apply(x: np.ndarray) -> np.ndarray:
        return filtered(name, x, fs_hz, (), further, **params)

    return apply


def mains_scores(
    drift_hz: float,
    snrs_db: Sequence[float] = SNRS_DB,
    seconds: float = SECONDS,
    *,
    pauses: bool = True,
) -> Iterator[Score]:
    burst_s = 0.45 if pauses else 1.2
    wanted = muscle_signals(CHANNELS, seconds, FS_HZ, 11, burst_s=burst_s)
    kind = f"mains, drift {drift_hz:g} Hz" + ("" if pauses else ", EMG without pauses")
    hum = interference.mains(
        wanted.shape[1],
        frequency_hz=MAINS_HZ,
        harmonics=HARMONICS,
        drift_hz=drift_hz,
        fs_hz=FS_HZ,
        rng=np.random.default_rng(12),
    )
    at = {"frequency_hz": MAINS_HZ}
    top_hz = MAINS_HZ * HARMONICS
    methods = {
        "`notch`, q 30, 8 harmonics": _operation("notch", FS_HZ, q=30.0, harmonics=HARMONICS, **at),
        "`comb`, 2 Hz wide": _operation("comb", FS_HZ, width_hz=2.0, up_to_hz=top_hz, **at),
        "`spectrum_interpolation`, 2 s, 2 Hz": _operation(
            "spectrum_interpolation", FS_HZ, harmonics=HARMONICS, **at
        ),
        "`spectrum_interpolation`, 1 s, 4 Hz": _operation(
            "spectrum_interpolation", FS_HZ, harmonics=HARMONICS, frame_s=1.0, width_hz=4.0, **at
        ),
        "`subtract_mains`, 1 s": _operation("subtract_mains", FS_HZ, **at),
        "`subtract_mains`, 0.3 s": _operation("subtract_mains", FS_HZ, window_s=0.3, **at),
        DELAY_COMB: _delay_comb,
        "wavelet packets (ancestor)": _wavelet_packets,
    }
    for snr_db in snrs_db:
        mixed = {"wanted": wanted, "disturbance": added(wanted, hum, snr_db)}
        for name, method in methods.items():
            yield score(kind, name, method, **mixed, snr_db=snr_db)


def _delay_comb(x: np.ndarray) -> np.ndarray:
    return delay_comb(x, FS_HZ, MAINS_HZ)


def _wavelet_packets(x: np.ndarray) -> np.ndarray:
    return wavelet_packets(x, FS_HZ, MAINS_HZ)


def simulated_beats(seconds: float) -> np.ndarray:
    rng = np.random.default_rng(21)
    beats_s = emg.heart_beats(seconds, rate_hz=5.5, interval_cv=0.03, rng=rng)
    return beats_s[(beats_s > 0.1) & (beats_s < seconds - 0.1)]


def ecg_of(beats_s: np.ndarray, samples: int) -> np.ndarray:
    return interference.heart(
        beats_s, qrs_s=QRS_S, size_cv=0.1, breath_hz=1.0, samples=samples, fs_hz=FS_HZ
    )


def ecg_scores(snrs_db: Sequence[float] = SNRS_DB, seconds: float = SECONDS) -> Iterator[Score]:
    wanted = muscle_signals(CHANNELS, seconds, FS_HZ, 22)
    beats_s = simulated_beats(seconds)
    heart = ecg_of(beats_s, wanted.shape[1])
    for snr_db in snrs_db:
        disturbance = added(wanted, heart, snr_db)
        mixed = {"wanted": wanted, "disturbance": disturbance}
        true, found = [stimuli(beats_s)], [stimuli(found_beats(wanted + disturbance))]
        methods = {
            "`remove_ecg` template, beats of `r_peaks`": _operation(
                "remove_ecg", FS_HZ, found, **BEAT
            ),
            "`remove_ecg` template": _operation("remove_ecg", FS_HZ, true, **BEAT),
            "`remove_ecg` template, not scaled": _operation(
                "remove_ecg", FS_HZ, true, fit_scale=False, **BEAT
            ),
            "`remove_ecg` adaptive": _operation(
                "remove_ecg", FS_HZ, true, method="adaptive", **BEAT
            ),
            "`remove_ecg` gate, 40 ms": _operation(
                "remove_ecg", FS_HZ, true, method="gate", window_s=[-0.02, 0.02]
            ),
            "`highpass`, 100 Hz": _operation("highpass", FS_HZ, cutoff_hz=100.0),
            "correlation template (ancestor)": _correlation_template(beats_s),
        }
        for name, method in methods.items():
            yield score("ECG", name, method, **mixed, snr_db=snr_db)


def _correlation_template(beats_s: np.ndarray) -> Method:
    def apply(x: np.ndarray) -> np.ndarray:
        return correlation_template(x, FS_HZ, beats_s)

    return apply


def found_beats(x: np.ndarray) -> np.ndarray:
    """R peaks of the first channel, as a lab would look for them."""
    rows = table_of("r_peaks", Runs([(0.0, x)], FS_HZ), qrs_s=QRS_S, channels=["ch0"])
    return rows["onset"]


def beat_counts(snrs_db: Sequence[float] = SNRS_DB, seconds: float = SECONDS) -> list[list[float]]:
    """Per ratio: sensitivity, positive predictive value, both in %, median error of time in ms."""
    wanted = muscle_signals(1, seconds, FS_HZ, 22)
    beats_s = simulated_beats(seconds)
    heart = ecg_of(beats_s, wanted.shape[1])
    rows = []
    for snr_db in snrs_db:
        found_s = found_beats(wanted + added(wanted, heart, snr_db))
        near = np.abs(found_s[:, np.newaxis] - beats_s)
        # A found beat is true within a QRS of a beat that no nearer one is found for.
        hits = (near.min(axis=0, initial=np.inf) <= QRS_S).sum()
        offset_s = np.median(near.min(axis=1)) if len(found_s) else np.nan
        rows.append(
            [snr_db, 100 * hits / len(beats_s), 100 * hits / max(len(found_s), 1), 1e3 * offset_s]
        )
    return rows


def artefact_scores(
    snrs_db: Sequence[float] = SNRS_DB, seconds: float = SECONDS / 2, channels: int = CHANNELS
) -> Iterator[Score]:
    fs_hz = TDT_FS_HZ
    wanted = muscle_signals(channels, seconds, fs_hz, 31)
    rng = np.random.default_rng(32)
    onset_s = np.arange(0.2, seconds - 0.2, 0.3) + rng.uniform(0, 0.05)
    onset_s = onset_s + rng.uniform(0, 0.05, len(onset_s))
    size = 1 + 0.05 * rng.standard_normal(len(onset_s))
    artefacts = interference.stimulus_artefacts(
        onset_s,
        size,
        duration_s=0.0008,
        recovery_s=0.0015,
        samples=wanted.shape[1],
        fs_hz=fs_hz,
    )
    events = [stimuli(onset_s)]

    def template(**params: Any) -> Method:
        return _operation(
            "subtract_artefact_template", fs_hz, events, window_s=ARTEFACT_S, **params
        )

    def blanked(fill: str) -> Method:
        return _operation("blank_artefact", fs_hz, events, window_s=ARTEFACT_S, fill=fill)

    methods = {
        "`blank_artefact` linear": blanked("linear"),
        "`blank_artefact` cubic": blanked("cubic"),
        "`subtract_artefact_template`": template(),
        "`subtract_artefact_template`, scaled": template(fit_scale=True),
        "`subtract_artefact_template`, median, scaled": template(average="median", fit_scale=True),
        "`subtract_artefact_template`, 20 neighbours, scaled": template(
            neighbours=20, fit_scale=True
        ),
        "`subtract_artefact_template`, scaled, jitter 0.2 ms": template(
            fit_scale=True, max_jitter_s=0.0002
        ),
    }
    for snr_db in snrs_db:
        mixed = {"wanted": wanted, "disturbance": added(wanted, artefacts, snr_db)}
        for name, method in methods.items():
            yield score("stimulus artefacts", name, method, **mixed, snr_db=snr_db)


def all_scores(seconds: float = SECONDS) -> list[Score]:
    return [
        *artefact_scores(seconds=seconds / 2),
        *ecg_scores(seconds=seconds),
        *mains_scores(0.01, seconds=seconds),
        *mains_scores(0.1, seconds=seconds),
        *mains_scores(0.01, seconds=seconds, pauses=False),
    ]


if __name__ == "__main__":
    from interference_page import page

    text = page(all_scores(), beat_counts())
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
