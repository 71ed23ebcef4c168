"""The page that tells how well interference is removed: prose around measured tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ancestor_methods import delay_comb
from interference_scores import CHANNELS, FS_HZ, HARMONICS, MAINS_HZ, SECONDS, Score
from whole_signals import TDT_FS_HZ, filtered

PAGE = """# Removing interference: how well, and at what price

Made by `python tests/ops/interference_scores.py docs/interference.md`, tables and all.

## What was simulated and how it is scored

EMG: {channels} channels of motor units that fire in bursts of 0.45 s every second, and amplifier
noise; {seconds:g} s (stimulus artefacts: half of that). To it is added, at -20 to 20 dB (mean
power of EMG over that of the interference, the whole recording):

- **stimulus artefacts**, at {fast:g} Hz: a biphasic pulse of 0.8 ms and an exponential recovery of
  1.5 ms, every 0.3 s, sizes varying by 5 %, at any part of a sample;
- **ECG** of a rat, at {slow:g} Hz: 5.5 beats a second, intervals varying by 3 %, size by 10 % with
  breathing;
- **mains** of {mains:g} Hz, at {slow:g} Hz, with {harmonics} harmonics of 1 / k, whose frequency
  wanders slowly, by 0.01 Hz (RMS) in one table and 0.1 Hz in another; in a third the EMG has no
  pauses.

Three figures, each of the worst channel:

- **removed**: power of the interference before over after, in dB;
- **kept**: 1 minus the power of all that changed in the EMG, over the EMG's power, in %;
- **SNR after**: power of the EMG over the power of everything that differs from it, in dB. Where it
  is below the ratio at the top of its column, the cure is worse than the disease.

What is left is told from what was lost by a second run with the EMG's sign turned round: half the
sum of both results is what is left of the interference, half the difference what became of the
EMG. Methods of the ancestor are computed by their formulas on the whole recording, so without what
its blocks added.

## Which to use

- **Stimulus artefacts.** A template takes the artefact and leaves the EMG under it, so what happens
  in the window can still be measured. `average: median` is best where the muscle is silent at many
  of the stimuli. `fit_scale` pays while artefacts are larger than the EMG in their windows,
  `neighbours` where they change along the recording. What follows each stimulus in the same way, an
  evoked response too, is part of the template: end the window before it. `blank_artefact` removes
  everything, EMG alike; it is right for an amplifier that saturates. `cubic` goes on with the
  slopes beside the window and overshoots where that is longer than the EMG's own waves: use it for
  windows of a few samples, or slow signals.
- **ECG.** `r_peaks` on the channel that shows it best, then `remove_ecg`. `adaptive` needs little
  memory; `template` looks both ways in time. An ECG 10 dB below the EMG gains little, unless its
  beats are known from another channel, and one of 20 dB is better left alone. `highpass` needs no
  beats, but takes the EMG's slow part; `gate` is for amplitudes only, with the gated windows left
  out.
- **Mains.** `subtract_mains`, above all where muscles pause half of the time or more: the hum is
  learnt in the pauses, and the EMG stays as it was. In EMG without pauses its median takes a few
  per cent of the EMG, as `comb` does. Hum that is large and drifts by a tenth of a hertz needs a
  shorter window, or bands as wide as those of `notch`. `comb` and `notch` remove the same share of
  hum whatever its size, and take that band from the EMG; the bands of `notch` widen with frequency.
  `spectrum_interpolation` digs no hole into the spectrum, and does little harm where there is
  little to remove.

The metadata of each node state what its operation found: events used, outside and overlapping, and
of `remove_ecg` also how much of the average beat is left, and the standard deviations at and
between beats.
"""

COMB = """
## What a comb does between its teeth

A comb made of a delay, y[n] = x[n] - x[n-N], which the ancestor used, removes mains as well, but
also all that is slow; it doubles what lies between the multiples and adds an echo one mains period
later, so none of the EMG is left as it was. `comb` is a row of notches. Gain, measured on an
impulse:

| Hz | {frequencies} |
|---|{rule}
"""

WAVELETS = """
## Why there is no operation with wavelet packets

The ancestor resampled to mains times a power of two, so that each wavelet packet has a coefficient
per mains period and every harmonic is constant in its packet; what a median over time tells of that
was taken away. Done again here with medians of one second, it does well in EMG that pauses, since
the median learns the hum in the pauses. But all that lies above half the resampled rate is lost (in
the tables that is amplifier noise only), and resampling by a transform of the whole run cannot be
done in blocks with the same result. `subtract_mains` takes the same median over periods in time: in
blocks, exactly, at the signal's own rate: better in EMG that pauses, about as well in EMG that
does not.
"""


def page(scores: Sequence[Score], beats: Sequence[Sequence[float]]) -> str:
    """The whole page as Markdown."""
    parts = [
        PAGE.format(
            channels=CHANNELS,
            seconds=SECONDS,
            fast=round(TDT_FS_HZ),
            slow=round(FS_HZ),
            mains=MAINS_HZ,
            harmonics=HARMONICS,
        )
    ]
    for kind in dict.fromkeys(score.kind for score in scores):
        of_kind = [score for score in scores if score.kind == kind]
        parts += [f"\n## {kind[0].upper()}{kind[1:]}\n", _table(of_kind)]
        if kind == "ECG":
            parts.append(_beats(beats))
    return "".join([*parts, _gains(), WAVELETS])


def _table(scores: Sequence[Score]) -> str:
    snrs_db = list(dict.fromkeys(score.snr_db for score in scores))
    found = {(score.method, score.snr_db): score for score in scores}
    heads = [f"{snr_db:g} dB" for snr_db in snrs_db]
    lines = [
        "\nRemoved dB / kept % / **SNR after dB**, at a ratio before of:\n",
        _row("method", heads),
        _row("---", ["---"] * len(heads)),
    ]
    for method in dict.fromkeys(score.method for score in scores):
        cells = [_cell(found.get((method, snr_db))) for snr_db in snrs_db]
        lines.append(_row(method, cells))
    return "\n".join(lines) + "\n"


def _cell(score: Score | None) -> str:
    if score is None:
        return ""
    removed_db, kept, after_db = (
        values.min() for values in (score.removed_db, score.kept, score.after_db)
    )
    return f"{removed_db:.0f} / {100 * kept:.0f} / **{after_db:.1f}**"


def _beats(beats: Sequence[Sequence[float]]) -> str:
    lines = [
        "\n`r_peaks` itself, on one channel:\n",
        "| EMG over ECG | beats found | of those found, true | median error |",
        "|---|---|---|---|",
        *(
            f"| {snr_db:g} dB | {found:.0f} % | {true:.0f} % | {error_ms:.2f} ms |"
            for snr_db, found, true, error_ms in beats
        ),
    ]
    return "\n".join(lines) + "\n"


def _gains() -> str:
    frequencies_hz = np.array([0.0, 1.0, 30.0, 59.0, 60.0, 61.0, 90.0, 120.0])
    impulse = np.zeros((1, int(20 * FS_HZ)))
    impulse[0, impulse.shape[1] // 2] = 1.0
    made = {
        "`comb`, 2 Hz wide, up to 480 Hz": filtered(
            "comb", impulse, FS_HZ, frequency_hz=MAINS_HZ, up_to_hz=MAINS_HZ * HARMONICS
        ),
        "`notch`, q 30, 8 harmonics": filtered(
            "notch", impulse, FS_HZ, frequency_hz=MAINS_HZ, harmonics=HARMONICS
        ),
        "y[n] = x[n] - x[n-N]": delay_comb(impulse, FS_HZ, MAINS_HZ),
    }
    time_s = np.arange(impulse.shape[1]) / FS_HZ
    waves = np.exp(-2j * np.pi * frequencies_hz[:, np.newaxis] * time_s)
    rows = [
        _row(name, [f"{gain:.2f}" for gain in abs(waves @ response[0])])
        for name, response in made.items()
    ]
    head = COMB.format(
        frequencies=" | ".join(f"{frequency_hz:g}" for frequency_hz in frequencies_hz),
        rule="---|" * len(frequencies_hz),
    )
    return head + "\n".join(rows) + "\n"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
