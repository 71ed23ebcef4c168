"""What the explorer does not show, in sentences for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dspant.dataset.stream import Stream
from dspant.report.explorer.budget import MB, Depth, is_exact
from dspant.report.explorer.events import COLUMNS, Rows
from dspant.report.explorer.pyramid import FACTOR
from dspant.report.numbers import counted, significant


def stream_notes(
    streams: Mapping[str, Stream], depths: Mapping[str, Depth], samples_mb: float
) -> Iterator[str]:
    """How far the zoom goes where it does not reach the samples, and how samples are rounded."""
    for name, stream in streams.items():
        depth = depths[name]
        if depth.coding is None and stream.samples:
            bin_samples = FACTOR**depth.finest
            yield (
                f"{name}: zoom ends at the smallest and largest of {bin_samples:,} samples "
                f"({significant(bin_samples / stream.fs_hz)} s). Its samples would take "
                f"{significant(depth.wanted_bytes / MB)} MB beside this page, more than "
                f"samples_mb: {samples_mb:g} leaves for it; the key is in the section "
                "report of the experiment's config."
            )
    single = [
        name
        for name, stream in streams.items()
        if depths[name].coding == "float32" and not is_exact(stream)
    ]
    if single:
        yield f"{', '.join(single)}: samples are shown in single precision (float32)."
    rounded = [name for name, depth in depths.items() if depth.coding == "rounded"]
    if rounded:
        yield (
            f"{', '.join(rounded)}: samples are rounded to 16 bits, to within 1/131,000 of "
            "the range of the 65,536 samples around them; as stored, they would take more "
            f"than samples_mb: {samples_mb:g}."
        )


def table_notes(tables: Mapping[str, Rows]) -> Iterator[str]:
    """Which tables have too many rows to be shown one by one."""
    for name, rows in tables.items():
        if not rows.shown:
            yield (
                f"{name}: where its {counted(len(rows.order), 'row')} lie is shown to within a "
                f"{COLUMNS}th of the recording; their values are in the table only."
            )
