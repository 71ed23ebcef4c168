"""Reading a raw recording once and writing every store that the config declares."""

from __future__ import annotations

import errno
import logging
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from dspant.dataset.atomic import write_json
from dspant.dataset.provenance import Provenance
from dspant.errors import RawDataError
from dspant.readers import READERS
from dspant.readers.fingerprint import RawContent
from dspant.readers.mapping import joined
from dspant.readers.put_back import put_back_stores
from dspant.readers.request import StreamTask, Task, plan_tasks
from dspant.readers.windows import WINDOW_BYTES, common_windows
from dspant.wording import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dspant.readers.mapping import RawView
    from dspant.readers.raw import Pieces, RawBlock

logger = logging.getLogger("dspant.ingest")

PROGRESS_EVERY_S = 10.0


def ingest(
    block_folder: Path | str,
    spec: Mapping[str, Any],
    recording_folder: Path | str,
    rule: str | None = None,
) -> dict[str, Any]:
    """Write the declared stores of one raw recording, and what the recording says of itself.

    Where the raw files hold what they held the last time, and the same is asked of them, the last
    results are put back. Nothing is written before every store has been checked. Samples pass
    through memory in windows of about 16 MiB, for all streams together and in the order of time,
    so memory does not grow with the length of the recording.

    Parameters
    ----------
    block_folder
        Folder of the raw recording.
    spec
        ``{"reader": {"name", "version"}, "stores": {name: settings}, "storage": {"compression"}}``.
    recording_folder
        Folder of the results; gets one ``.ant`` folder per store, and ``block.json``.
    rule
        Rule of the workflow that this is a job of, for who has to make the datasets again.

    Returns
    -------
    dict
        What ``block.json`` holds.

    Raises
    ------
    RawDataError, or another DspantError
        Says all that is wrong at once: StoreError for what is not there or not of that kind,
        GapError and TruncatedError for what is not whole.
    """
    recording = Path(recording_folder)
    block = _open(block_folder, spec["reader"])
    logger.info("%s: stores %s", block.folder, ", ".join(spec["stores"]))
    compression = spec["storage"]["compression"]
    content = RawContent(block.raw_files)
    if put_back_stores(spec, recording, content):
        summary = block.summary()
        write_json(recording / "block.json", summary)
        return summary
    provenances = [
        Provenance(spec=spec, block=str(block_folder), store=name, rule=rule)
        for name in spec["stores"]
    ]
    with ThreadPoolExecutor(1, thread_name_prefix="summary") as aside:
        coming = aside.submit(block.summary)
        tasks = plan_tasks(block, spec["stores"], recording, compression)
        for task, provenance in zip(tasks, provenances, strict=True):
            for warning in task.raw.warnings:
                logger.warning("%s", warning)
                provenance.warnings.append(warning)
        with ExitStack() as open_files:
            for task in tasks:
                open_files.enter_context(task.writer)
            _copy_streams([task for task in tasks if isinstance(task, StreamTask)], content)
            summary = coming.result()
            raw_files = content.finish()
            for task, provenance in zip(tasks, provenances, strict=True):
                provenance.add(raw_files=raw_files)
                _finish(task, provenance)
    write_json(recording / "block.json", summary)
    return summary


def _open(folder: Path | str, reader: Mapping[str, Any]) -> RawBlock:
    name, version = reader["name"], reader["version"]
    if READERS.get(name) != version:
        raise RawDataError(
            f"{folder}: reader {name!r} of version {version} is asked for, but there are "
            f"{READERS}; run the workflow again with the library it was planned with"
        )
    from dspant.readers.tdt.block import open_block

    return open_block(folder)


def _copy_streams(tasks: Sequence[StreamTask], content: RawContent) -> None:
    windows = common_windows([task.raw.pieces for task in tasks], WINDOW_BYTES)
    reported_s = monotonic()
    parts = [
        joined([task.raw.pieces.extents(*of) for task, of in zip(tasks, ranges, strict=True)])
        for ranges in windows
    ]
    for done, (ranges, view) in enumerate(zip(windows, content.alongside(parts), strict=True)):
        for task, (first, stop) in zip(tasks, ranges, strict=True):
            if first < stop:
                _copy(task, first, stop, view)
        if monotonic() - reported_s > PROGRESS_EVERY_S:
            reported_s = monotonic()
            share = 100 * (done + 1) // len(windows)
            logger.info("%d of %d windows of samples (%d %%)", done + 1, len(windows), share)


def _copy(task: StreamTask, first: int, stop: int, view: RawView) -> None:
    """Store pieces from where they lie, or read them straight into the writer's memory.

    One that does not fit there goes through another.
    """
    raw, writer = task.raw, task.writer
    lying = raw.pieces.in_place(first, stop, view) if writer.takes_scattered else None
    if lying is not None:
        with _cuts_told(raw.name):
            writer.write_scattered(lying)
        return
    while first < stop:
        room = writer.room()
        fitting = _fitting(raw.pieces, first, stop, room.shape[1])
        if fitting > first:
            samples = raw.pieces.samples(first, fitting)
            raw.pieces.read_into(room[:, :samples], first, fitting, view)
            writer.take(samples)
        else:
            fitting = first + 1
            writer.write(raw.part(first, fitting, view))
        first = fitting


@contextmanager
def _cuts_told(store: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise
        raise RawDataError(
            f"store {store!r}: its file became shorter while it was read; see that nothing writes "
            f"to the block"
        ) from error


def _fitting(pieces: Pieces, first: int, stop: int, samples: int) -> int:
    """The piece up to which pieces from ``first`` on have at most ``samples`` samples."""
    return (
        bisect_right(
            range(first + 1, stop + 1), samples, key=lambda end: pieces.samples(first, end)
        )
        + first
    )


def _finish(task: Task, provenance: Provenance) -> None:
    if isinstance(task, StreamTask):
        base = task.writer.finish(provenance).base
        logger.info(
            "%s: %s of %d samples at %s Hz in %s",
            base.name,
            count(base.channel_numbers, "channel"),
            base.number_of_samples,
            base.fs,
            count(len(task.raw.segments), "segment"),
        )
        return
    for batch in task.raw.batches():
        task.writer.write(batch)
    events = task.writer.finish(provenance).base
    logger.info("%s: %s", events.name, count(events.number_of_events, "event"))
