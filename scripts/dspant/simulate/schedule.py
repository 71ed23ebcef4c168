"""When a simulated animal breathes and when it is stimulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dspant.simulate.spec import SimulationSpec

LAST_QUIET_S = 0.3
STIMULUS_SPAN_S = 0.03
WISHES = 16
CLOCK_HZ = 2.0**22
"""Times of this decade in float64 Unix seconds lie on a grid of 2**-22 s."""

Times = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stimuli:
    """Stimuli in time order, one entry per stimulus in each array."""

    onset_s: Times
    current_uA: Times  # noqa: N815 - µA is the unit
    contact: NDArray[np.int64]


def breath_times(spec: SimulationSpec, stop_s: float, rng: np.random.Generator) -> Times:
    """Return the inspirations, (breaths, 2) with start and end in seconds from block start."""
    most = int(2 * stop_s / spec.breath_period_s) + 4
    deviation = np.clip(rng.standard_normal(most), -3, 3) * spec.breath_period_cv
    period_s = spec.breath_period_s * (1 + deviation)
    start_s = spec.quiet_s + rng.uniform(0.1, 0.3) + np.cumsum(period_s) - period_s[0]
    end_s = start_s + rng.uniform(*spec.burst_duration_s, most)
    breaths = np.stack([start_s, end_s], axis=1)
    longest_delay_s = max(muscle.burst_delay_s for muscle in spec.muscles)
    return breaths[end_s + longest_delay_s + LAST_QUIET_S <= stop_s]


def schedule_stimuli(
    spec: SimulationSpec, breaths_s: Times, beats_s: Times, rng: np.random.Generator
) -> Stimuli:
    """Return one stimulus for each pause between bursts that has room for it.

    Onsets lie on the grid of the block's clock, at least ``stimulus_clearance_s`` after a burst,
    and so long before the next that the response has passed by the same clearance. No R wave of
    ``beats_s`` (beats,) comes within ``heart_free_s`` before and after. Currents and contacts come
    in randomised blocks, each pair once per block.
    """
    longest_delay_s = max(muscle.burst_delay_s for muscle in spec.muscles)
    earliest_s = breaths_s[:-1, 1] + longest_delay_s + spec.stimulus_clearance_s
    latest_s = breaths_s[1:, 0] - spec.stimulus_clearance_s - STIMULUS_SPAN_S
    wishes = rng.uniform(0, 1, (len(earliest_s), WISHES))
    wished_s = earliest_s[:, None] + wishes * (latest_s - earliest_s)[:, None]
    before_s, after_s = spec.heart_free_s
    since_beat_s = wished_s[:, :, None] - beats_s
    near_beat = ((since_beat_s >= -after_s) & (since_beat_s <= before_s)).any(axis=2)
    free = ~near_beat & (latest_s > earliest_s)[:, None]
    onset_s = wished_s[np.arange(len(wished_s)), free.argmax(axis=1)][free.any(axis=1)]
    return _with_currents(spec, onset_s, rng)


def triggered_stimuli(spec: SimulationSpec, breaths_s: Times, rng: np.random.Generator) -> Stimuli:
    """Return the stimuli of a closed loop: one for each inspiration that its detector notices.

    Onsets follow the inspiration's start by ``trigger_delay_s``, a Gaussian of
    ``trigger_delay_sd_s`` cut at three standard deviations; ``trigger_miss_share`` is the chance
    that one is missed. Currents and contacts come as in :func:`schedule_stimuli`.
    """
    deviation = np.clip(rng.standard_normal(len(breaths_s)), -3, 3)
    onset_s = breaths_s[:, 0] + spec.trigger_delay_s + deviation * spec.trigger_delay_sd_s
    noticed = rng.uniform(0, 1, len(breaths_s)) >= spec.trigger_miss_share
    return _with_currents(spec, onset_s[noticed], rng)


def _with_currents(spec: SimulationSpec, onset_s: Times, rng: np.random.Generator) -> Stimuli:
    pairs = len(spec.currents_uA) * len(spec.contacts)
    blocks = -(-len(onset_s) // pairs)
    order = [rng.permutation(pairs) for _ in range(blocks)]
    pair = np.concatenate([np.zeros(0, np.int64), *order])[: len(onset_s)]
    numbers = np.array([contact.number for contact in spec.contacts])
    return Stimuli(
        onset_s=on_clock(onset_s),
        current_uA=np.array(spec.currents_uA)[pair // len(spec.contacts)],
        contact=numbers[pair % len(spec.contacts)],
    )


def on_clock(time_s: Times) -> Times:
    """Return times on the clock's grid, where adding a Unix start and taking it off is exact."""
    return np.rint(time_s * CLOCK_HZ) / CLOCK_HZ
