"""Muscles that fall silent after a stimulus, for a time that is known."""

from __future__ import annotations

import numpy as np

from dspant.simulate.emg import Signal
from dspant.simulate.schedule import Times


def silences(stimulus_s: Times, part_s: tuple[float, float], bursts_s: Times) -> Times:
    """Return the silences (silences, 2), in seconds, of stimuli that a muscle got while active.

    Parameters
    ----------
    stimulus_s
        Onsets of the stimuli (stimuli,).
    part_s
        Begin and end of a silence, from its stimulus.
    bursts_s
        Begin and end of activity (bursts, 2). A silence that does not begin in activity is none;
        one that outlasts it is cut there.
    """
    begin_s = stimulus_s[:, None] + part_s[0]
    inside = (begin_s >= bursts_s[:, 0]) & (begin_s < bursts_s[:, 1])
    stimulus, burst = np.nonzero(inside)
    end_s = np.minimum(stimulus_s[stimulus] + part_s[1], bursts_s[burst, 1])
    return np.stack([stimulus_s[stimulus] + part_s[0], end_s], axis=1)


def silenced(activity: Signal, silences_s: Times, *, fs_hz: float) -> Signal:
    """Return activity (samples,) that is zero from begin to end of each of ``silences_s``.

    A silent period stops the muscle at once and lets it go at once: its drive is inhibited, while
    noise, heart and artefacts are not. M. Inghilleri, A. Berardelli, G. Cruccu and M. Manfredi,
    J Physiol 466:521 (1993).
    """
    made = activity.copy()
    for begin_s, end_s in silences_s:
        first, stop = (int(np.clip(np.ceil(s * fs_hz), 0, len(made))) for s in (begin_s, end_s))
        made[first:stop] = 0.0
    return made
