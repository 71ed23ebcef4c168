"""The heart's far field in EMG: where the beats are, and taking them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.errors import OperationError
from dspant.ops.artefacts import (
    AroundEvents,
    Interval,
    learned_spans,
    replace_spans,
    rising,
)
from dspant.ops.mixing import positions
from dspant.ops.registry import Held, Parameters, epoc_operation, stream_operation
from dspant.ops.runs import common_unit
from dspant.ops.signal import Column, Events, Learned, Signal, SignalSource

if TYPE_CHECKING:
    import numpy as np

    from dspant.ops.signal import Blocks


class RPeaks(Parameters):
    example = {"qrs_s": 0.1, "channels": ["diaphragm_left"]}

    qrs_s: float = Field(gt=0)
    """Duration of the QRS complex in seconds: about 0.1 in man, 0.02 in a rat, 0.01 in a mouse.
    Band, integration and refractory time follow from it."""
    channels: Annotated[list[str], Len(1)] | None = None
    """Channels that are searched, each on its own; all where not given. To remove the ECG, one
    channel that shows it well is enough."""
    polarity: Literal["either", "positive", "negative"] = "either"
    """Sign of the R peak. ``either``: of each channel, the sign whose peaks are larger."""
    threshold: float = Field(default=0.4, gt=0, lt=1)
    """The share at which the threshold lies between the medians of the last 8 noise peaks (0) and
    the last 8 beats (1)."""
    refractory_s: float | None = Field(default=None, gt=0)
    """Least time between two beats, in seconds; twice ``qrs_s`` where not given."""

    @property
    def refractory(self) -> float:
        return 2 * self.qrs_s if self.refractory_s is None else self.refractory_s


def _columns(signal: Signal, _events: list[Events], params: RPeaks) -> dict[str, Column]:
    return {
        "onset": Column("float64", "s", "the R peak, to a part of a sample"),
        "offset": Column("float64", "s", "the same moment"),
        "channel": Column("string", "", "channel the beat was found in"),
        "amplitude": Column("float64", common_unit(signal), "R peak of the band-passed signal"),
        "interval_s": Column("float64", "s", "time since the beat before; NaN: first of a run"),
        "certainty": Column("float64", "", "height over the threshold that it had to reach"),
        "searched_back": Column("bool", "", "found at half the threshold, since one was missing"),
    }


def _band(signal: Signal, params: RPeaks) -> tuple[float, float]:
    low_hz, high_hz = 0.5 / params.qrs_s, 1.5 / params.qrs_s
    if high_hz >= signal.nyquist_hz:
        raise OperationError(
            f"a QRS of {params.qrs_s:g} s is looked for up to {high_hz:g} Hz, but this signal ends "
            f"at {signal.nyquist_hz:g} Hz; take it before it is resampled, or a longer qrs_s"
        )
    return low_hz, high_hz


def _realised(signal: Signal, params: RPeaks) -> dict[str, Any]:
    low_hz, high_hz = _band(signal, params)
    return {
        "band_hz": [low_hz, high_hz],
        "integration_s": 1.5 * params.qrs_s,
        "refractory_s": params.refractory,
    }


@epoc_operation(
    RPeaks,
    version=1,
    columns=_columns,
    facts=_realised,
    reach_s=lambda params: 2 * (params.refractory + 3 * params.qrs_s),
    holds=Held(50),
)
def r_peaks(
    source: SignalSource, _events: list[Events], params: RPeaks
) -> Iterator[dict[str, np.ndarray]]:
    """Find the R peaks of an ECG, also of one that rides on EMG.

    Band-pass (zero phase), slope, moving root mean square; its peaks are beats where they exceed a
    threshold between the medians of the last 8 beats and the last 8 noise peaks. Where a beat is
    missing for 1.66 intervals, the largest peak above half the threshold is taken. A beat belongs
    to the signal's largest excursion near it. No beat is looked for across a gap.

    Source: J. Pan and W. J. Tompkins, IEEE Trans. Biomed. Eng. 32 (1985) 230; thresholds by medians
    after P. S. Hamilton and W. J. Tompkins, IEEE Trans. Biomed. Eng. 33 (1986) 1157.
    """
    import numpy as np

    from dspant.ops.around import chosen_rows
    from dspant.ops.heartbeats import beats, candidates

    signal = source.signal
    positions(params.channels or (), signal, "channels")  # refuses unknown names
    rows = chosen_rows(signal, params.channels)
    band_hz = _band(signal, params)
    parts: list[dict[str, np.ndarray]] = []
    for segment, blocks in source.segments():
        chosen = (np.ascontiguousarray(block[rows]) for block in blocks)
        run = replace(signal.only(segment), channels=tuple(signal.channels[i] for i in rows))
        found = candidates(chosen, run, band_hz, params.qrs_s, params.refractory)
        for row, peaks in zip(rows, found, strict=True):
            made = beats(peaks, signal.fs_hz, params.refractory, params.threshold, params.polarity)
            onset = segment.start_s + made.pop("position") / signal.fs_hz
            name = np.full(len(onset), signal.channels[row], dtype=object)
            interval_s = np.diff(onset, prepend=np.nan)
            parts.append(
                {"onset": onset, "offset": onset, "channel": name, "interval_s": interval_s} | made
            )
    if not parts:
        return
    table = {
        name: np.concatenate([part[name] for part in parts])
        for name in _columns(signal, [], params)
    }
    order = np.argsort(table["onset"], kind="stable")
    yield {name: values[order] for name, values in table.items()}


class RemoveEcg(AroundEvents):
    example = {"window_s": [-0.06, 0.06], "method": "template"}

    method: Literal["template", "adaptive", "gate"] = "template"
    """``template``: subtract the mean of the neighbouring beats. ``adaptive``: subtract a template
    that follows the beats by least mean squares. ``gate``: replace the window by a straight line,
    ECG and EMG alike."""
    window_s: Interval
    """Start and end of the beat in seconds from each R peak: P to T for the templates, the QRS
    complex alone for ``gate``. Beats must be farther apart than this is long."""
    neighbours: int = Field(default=40, ge=3)
    """Number of nearest beats that make a template, the beat's own left out (``template``)."""
    within_s: float = Field(default=10.0, gt=0)
    """Farthest that neighbouring beats may be, in seconds; memory grows with it (``template``)."""
    step: float = Field(default=0.05, gt=0, le=1)
    """Share by which each beat moves the template towards itself (``adaptive``); small steps remove
    less EMG and follow more slowly."""
    fit_scale: bool = True
    """Scale the template to each beat and channel by least squares (not for ``gate``)."""
    max_jitter_s: float = Field(default=0.0, ge=0)
    """Most by which a beat is moved to fit the template, in seconds, found by cross-correlation
    (not for ``gate``); 0: the R peaks are trusted."""
    taper_s: float = Field(default=0.005, gt=0)
    """Ramp (half a cosine) at both ends of the template, in seconds (not for ``gate``)."""

    @model_validator(mode="after")
    def _window_rises(self) -> Self:
        rising(self.window_s)
        return self


def _learn(source: SignalSource, further: list[Events], params: RemoveEcg) -> Learned:
    from dspant.ops.around import chosen_rows, event_times
    from dspant.ops.remains import remains
    from dspant.ops.templates import Window, learn_template, stated

    signal = source.signal
    positions(params.channels or (), signal, "channels")  # refuses unknown names
    rows = chosen_rows(signal, params.channels)
    times_s = event_times(further[0], params.events_of)
    if params.method == "gate":
        taper_s = (params.window_s[1] - params.window_s[0]) / 10
        window = Window.of(signal, params.window_s, taper_s, 0.0)
        gated = learned_spans(signal, times_s + params.window_s[0], times_s + params.window_s[1])
        learned = Learned(of_all=gated.of_all, stated=gated.stated)
    else:
        window = Window.of(signal, params.window_s, params.taper_s, params.max_jitter_s)
        template, counts = learn_template(source, times_s, window, median=False)
        learned = Learned(
            of_channels={"template": template},
            of_all={"times_s": times_s},
            stated=counts | stated(template),
        )

    def cleaned(blocks: Blocks, run: Signal) -> Blocks:
        return remove_ecg(blocks, run, params, learned)

    measured = remains(source, times_s, window, rows, cleaned)
    return Learned(learned.of_channels, learned.of_all, {**learned.stated, **measured})


def _reach_s(params: RemoveEcg) -> float:
    length_s = params.window_s[1] - params.window_s[0]
    return 2 * length_s + (params.within_s if params.method == "template" else 0.0)


@stream_operation(
    RemoveEcg,
    version=1,
    takes=("stream", "epoc"),
    learn=_learn,
    reach_s=_reach_s,
    holds=Held(16, reaches=13),
)
def remove_ecg(blocks: Blocks, signal: Signal, params: RemoveEcg, learned: Learned) -> Blocks:
    """Remove the heart's far field, given the R peaks: y = x - a * mean of the neighbouring beats.

    The metadata state how much is left: power of the average beat after over before, and standard
    deviations at and between beats (less at beats than between them means that EMG was taken).
    Windows cut by an end of an unbroken run, and beats outside the recording, are counted and stay.

    Source: template: J. D. M. Drake and J. P. Callaghan, J. Electromyogr. Kinesiol. 16 (2006) 175
    (with gating); adaptive: P. Laguna et al., IEEE Trans. Biomed. Eng. 39 (1992) 1032, where least
    mean squares with an impulse at each beat as reference becomes t <- t + step (x - t).
    """
    from dspant.ops.around import chosen_rows
    from dspant.ops.subtraction import following, neighbours, subtract
    from dspant.ops.templates import Window, place

    (segment,) = signal.segments
    rows = chosen_rows(signal, params.channels)
    if params.method == "gate":
        return replace_spans(blocks, signal, learned, rows=rows, fill="linear", fit_s=0.0)
    window = Window.of(signal, params.window_s, params.taper_s, params.max_jitter_s)
    placed = place(learned.of_all["times_s"], segment, signal.fs_hz, window)
    template = learned.of_channels["template"][rows]
    reach = 0
    if params.method == "adaptive":
        shape = following(template, placed, params.step)
    else:
        within = round(params.within_s * signal.fs_hz)
        shape = neighbours(template, placed, params.neighbours, within, median=False)
        reach = within + window.length
    return subtract(
        blocks, placed, window, template, shape, rows=rows, scaled=params.fit_scale, reach=reach
    )
