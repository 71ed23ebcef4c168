"""Stimulus artefacts: windows around events replaced, or a template of the artefact subtracted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Len
from pydantic import Field, model_validator

from dspant.ops.mixing import positions
from dspant.ops.registry import Held, Parameters, stream_operation
from dspant.ops.signal import Learned

if TYPE_CHECKING:
    from dspant.ops.signal import Blocks, Events, Signal, SignalSource

Interval = Annotated[list[float], Len(2, 2)]


class AroundEvents(Parameters):
    """What all share that treat windows around events."""

    events_of: str | None = None
    """Channel whose events are taken, where the events have a column ``channel`` that names
    several."""
    channels: Annotated[list[str], Len(1)] | None = None
    """Channels that are treated; all where not given."""


class BlankArtefact(AroundEvents):
    example = {"window_s": [-0.0005, 0.003], "fill": "cubic"}

    window_s: Interval
    """Start and end of what is replaced, in seconds from each event's onset."""
    until: Literal["onset", "offset"] = "onset"
    """What the window's end counts from; with ``offset`` a longer stimulus has a longer window."""
    fill: Literal["linear", "cubic", "hold", "zero"] = "linear"
    """``linear``: the straight line between the samples on both sides. ``cubic``: the Hermite
    cubic with the values and slopes of both sides. ``hold``: the last value before. ``zero``: 0."""
    fit_s: float = Field(default=0.001, gt=0)
    """Seconds on each side that tell the slope of ``cubic``, a straight line of least squares."""

    @model_validator(mode="after")
    def _window_rises(self) -> Self:
        if self.until == "onset":
            rising(self.window_s)
        return self


class SubtractArtefactTemplate(AroundEvents):
    example = {"window_s": [-0.001, 0.01], "neighbours": 20}

    window_s: Interval
    """Start and end of the artefact in seconds from each event's onset; it must be over at both."""
    average: Literal["mean", "median"] = "mean"
    """How a template is made of windows. A median is not drawn by single windows, and needs memory
    for all of them."""
    neighbours: int | None = Field(default=None, ge=3)
    """The template of an event is made of so many windows nearest to it, its own left out; of all
    windows of the recording where not given."""
    within_s: float = Field(default=10.0, gt=0)
    """Farthest that neighbours may be, in seconds; memory grows with it. An event with fewer than 3
    gets the template of the whole recording."""
    fit_scale: bool = False
    """Scale the template to each event and channel by least squares."""
    max_jitter_s: float = Field(default=0.0, ge=0)
    """Most by which a window is moved to fit the template, in seconds: found by cross-correlation
    to a part of a sample. 0: the events' own times are trusted, to a part of a sample."""
    taper_s: float = Field(default=0.0005, gt=0)
    """Ramp (half a cosine) at both ends of the template, in seconds."""

    @model_validator(mode="after")
    def _window_rises(self) -> Self:
        rising(self.window_s)
        return self


def rising(window_s: list[float]) -> None:
    if window_s[0] >= window_s[1]:
        raise ValueError(f"window_s must rise, not [{window_s[0]:g}, {window_s[1]:g}]")


def _learn_windows(source: SignalSource, further: list[Events], params: BlankArtefact) -> Learned:
    from dspant.ops.around import event_times

    positions(params.channels or (), source.signal, "channels")  # refuses unknown names
    events = further[0]
    begin_s = event_times(events, params.events_of)
    end_s = begin_s if params.until == "onset" else _offsets(events, params.events_of)
    return learned_spans(source.signal, begin_s + params.window_s[0], end_s + params.window_s[1])


def _offsets(events: Events, of_channel: str | None) -> Any:
    """Offset of each event, in the order of :func:`dspant.ops.around.event_times`."""
    import numpy as np
    import pyarrow.compute as pc

    table = events.table
    if of_channel is not None:
        table = table.filter(pc.equal(table["channel"], of_channel))
    onset, offset = (table[name].to_numpy() for name in ("onset", "offset"))
    finite = np.isfinite(onset)
    onset, offset = onset[finite], np.where(np.isfinite(offset), offset, onset)[finite]
    first = np.unique(onset, return_index=True)[1]
    return offset[first]


def learned_spans(signal: Signal, begin_s: Any, end_s: Any) -> Learned:
    """Begin and end of what is replaced around each event, and how much of the signal that is."""
    import numpy as np

    from dspant.ops.around import spans
    from dspant.ops.filling import refuse_long

    parts = samples = 0
    met = np.zeros(len(begin_s), bool)
    for segment in signal.segments:
        found, held = spans(begin_s, end_s, segment, signal.fs_hz)
        refuse_long(found, segment, signal.fs_hz)
        met |= held
        parts, samples = parts + len(found.start), samples + found.samples
    counts = {
        "events": len(begin_s),
        "outside": int((~met).sum()),
        "replaced_windows": parts,
        "replaced_s": samples / signal.fs_hz,
        "replaced_share": samples / max(signal.samples, 1),
    }
    return Learned(of_all={"begin_s": begin_s, "end_s": end_s}, stated=counts)


@stream_operation(
    BlankArtefact,
    version=1,
    takes=("stream", "epoc"),
    learn=_learn_windows,
    reach_s=lambda params: max(params.window_s[1] - params.window_s[0], 0) + params.fit_s,
    holds=Held(9),
)
def blank_artefact(
    blocks: Blocks, signal: Signal, params: BlankArtefact, learned: Learned
) -> Blocks:
    """Replace a window around every event by a line between both of its sides.

    Windows that meet are one window. One that meets an end of an unbroken run takes the value of
    its other side, and 0 where there is none. Events outside the recording are counted in the
    metadata and change nothing.

    Source: N. C. Rogasch et al., NeuroImage 147 (2017) 934 (linear and cubic interpolation).
    """
    from dspant.ops.around import chosen_rows

    return replace_spans(
        blocks,
        signal,
        learned,
        rows=chosen_rows(signal, params.channels),
        fill=params.fill,
        fit_s=params.fit_s,
    )


def replace_spans(
    blocks: Blocks, signal: Signal, learned: Learned, *, rows: Any, fill: Any, fit_s: float
) -> Blocks:
    """Fill what :func:`learned_spans` found in an unbroken run."""
    from dspant.ops.around import spans
    from dspant.ops.filling import fill_spans

    (segment,) = signal.segments
    begin_s, end_s = learned.of_all["begin_s"], learned.of_all["end_s"]
    found, _ = spans(begin_s, end_s, segment, signal.fs_hz)
    return fill_spans(blocks, found, rows, fill, max(round(fit_s * signal.fs_hz), 2))


def _learn_template(
    source: SignalSource, further: list[Events], params: SubtractArtefactTemplate
) -> Learned:
    from dspant.ops.around import event_times
    from dspant.ops.templates import Window, learn_template, stated

    positions(params.channels or (), source.signal, "channels")  # refuses unknown names
    times_s = event_times(further[0], params.events_of)
    window = Window.of(source.signal, params.window_s, params.taper_s, params.max_jitter_s)
    # A template of neighbours needs the one of all only where there are none.
    median = params.average == "median" and params.neighbours is None
    template, counts = learn_template(source, times_s, window, median=median)
    return Learned(
        of_channels={"template": template},
        of_all={"times_s": times_s},
        stated=counts | stated(template),
    )


def _template_reach_s(params: SubtractArtefactTemplate) -> float:
    length_s = params.window_s[1] - params.window_s[0]
    return length_s + (params.within_s + length_s if params.neighbours else 0.0)


@stream_operation(
    SubtractArtefactTemplate,
    version=1,
    takes=("stream", "epoc"),
    learn=_learn_template,
    reach_s=_template_reach_s,
    holds=Held(9, reaches=9),
)
def subtract_artefact_template(
    blocks: Blocks, signal: Signal, params: SubtractArtefactTemplate, learned: Learned
) -> Blocks:
    """Subtract the average artefact around every event: y = x - a * template.

    The line that joins both ends of a window is left out of the template, and its ends are tapered
    to 0, so no step appears. Windows that meet others do not teach, and get the template unscaled.
    Events whose window leaves an unbroken run are counted in the metadata and change nothing.
    Whatever follows each event in the same way is subtracted, an evoked response as well: end the
    window before it.

    Source: T. Wichmann, J. Neurosci. Methods 98 (2000) 57; moving templates: P. J. Allen,
    O. Josephs and R. Turner, NeuroImage 12 (2000) 230.
    """
    from dspant.ops.around import chosen_rows
    from dspant.ops.subtraction import fixed, neighbours, subtract
    from dspant.ops.templates import Window, place

    (segment,) = signal.segments
    window = Window.of(signal, params.window_s, params.taper_s, params.max_jitter_s)
    placed = place(learned.of_all["times_s"], segment, signal.fs_hz, window)
    rows = chosen_rows(signal, params.channels)
    template = learned.of_channels["template"][rows]
    shape, reach = fixed(template), 0
    if params.neighbours:
        reach = round(params.within_s * signal.fs_hz)
        median = params.average == "median"
        shape = neighbours(template, placed, params.neighbours, reach, median=median)
        reach += window.length
    return subtract(
        blocks, placed, window, template, shape, rows=rows, scaled=params.fit_scale, reach=reach
    )
