"""Making one node's dataset: read its inputs, run its steps in one pass, write."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspant.dataset.digest import of_text
from dspant.dataset.epoc import Epoc
from dspant.dataset.epoc_writer import EpocHeader, EpocWriter
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.metadata import read_metadata
from dspant.dataset.provenance import Provenance
from dspant.dataset.publish import is_kept_whole, kept_provenance, put_back
from dspant.dataset.stream import Stream
from dspant.dataset.stream_header import StreamHeader
from dspant.dataset.stream_writer import StreamWriter
from dspant.engine.allocation import keep_freed_memory
from dspant.engine.chain import Step, bind, documents, with_inputs
from dspant.engine.emptiness import Content
from dspant.engine.pour import pour
from dspant.engine.progress import Writing
from dspant.engine.source import StreamSource, as_input, signal_of
from dspant.engine.tables import stored_columns, table_of
from dspant.errors import DatasetError, OperationError

if TYPE_CHECKING:
    from dspant.ops.signal import Events

SOURCE = "dspAnt"
log = logging.getLogger("dspant.node")


def make_node(
    spec: dict[str, Any],
    inputs: Sequence[str | Path],
    output: str | Path,
    threads: int = 1,
    rule: str | None = None,
) -> None:
    """Make a node's dataset, or put its last result back where nothing it depends on changed.

    Parameters
    ----------
    spec
        The node's resolved spec: ``node``, ``makes``, ``inputs``, ``steps``, ``storage``.
    inputs
        Datasets of its inputs, in the order of ``spec["inputs"]``: folders or files in them.
    output
        The dataset to make: its folder or a file in it.
    threads
        Groups of channels to compute at once; the result does not depend on it.
    rule
        Rule of the workflow that this is a job of, for who has to make the dataset again.

    Raises
    ------
    DspantError
        An input is missing or altered, or a step cannot be applied; names node, step and file.
    """
    folder = DatasetFolder.at(output)
    sources = [DatasetFolder.at(path) for path in inputs]
    made_from = _made_from(spec, sources)
    if kept_provenance(folder).get("made_from") == made_from:
        if is_kept_whole(folder):
            put_back(folder)
            log.info("%s: nothing it depends on changed, its last result is back", folder.path)
            return
        log.warning("%s: its last result is damaged, so it is made again", folder.path)
    provenance = Provenance(node=spec["node"], spec=spec, made_from=made_from, rule=rule)
    try:
        _compute(spec, sources, folder, provenance, threads, made_from=made_from)
    except OperationError as error:
        raise OperationError(f"node {spec['node']} from {sources[0].path}: {error}") from error
    except DatasetError as error:
        raise type(error)(f"node {spec['node']}: {error}") from error


def _made_from(spec: dict[str, Any], sources: Sequence[DatasetFolder]) -> str:
    """Fingerprint of all that decides the result: the spec and what the inputs state.

    The order of keys counts: a montage makes its channels in the order in which they are written.
    """
    for source in sources:
        read_metadata(source.metadata)
    stated = [source.metadata.read_text(encoding="utf-8") for source in sources]
    return of_text(json.dumps([spec, stated]))


def _compute(
    spec: dict[str, Any],
    sources: Sequence[DatasetFolder],
    folder: DatasetFolder,
    provenance: Provenance,
    threads: int,
    *,
    made_from: str,
) -> None:
    keep_freed_memory()
    steps = bind(spec["steps"])
    first = (Stream if steps[0].operation.takes[0] == "stream" else Epoc)(sources[0].path)
    kinds = [kind for step in steps for kind in step.operation.further(step.params)]
    opened = [
        (Stream if kind == "stream" else Epoc)(source.path)
        for kind, source in zip(kinds, sources[1:], strict=True)
    ]
    if _made_from(spec, sources) != made_from:
        raise DatasetError(
            f"an input of {folder.path} was made again while this job began; run it again"
        )
    steps = with_inputs(steps, [as_input(dataset) for dataset in opened])
    over_samples = [step for step in steps if step.operation.makes == "stream"]
    on_tables = steps[len(over_samples) :]
    if isinstance(first, Stream):
        source = StreamSource(first, over_samples, threads, logs_reading=bool(on_tables))
        stated_steps = documents((*source.steps, *on_tables), signal_of(first))
    else:
        source = as_input(first)
        stated_steps = documents(on_tables, None)
    stated = {
        "source": SOURCE,
        "name": spec["node"],
        "node": spec["node"],
        "steps": stated_steps,
        "inputs": _digests(spec, sources, [first, *opened]),
    }
    where = {
        "folder": folder,
        "stated": stated,
        "compression": spec["storage"]["compression"],
        "provenance": provenance,
    }
    if on_tables:
        _write_epoc(source, on_tables, **where)
    else:
        _write_stream(source, threads, **where)


def _digests(
    spec: dict[str, Any], sources: Sequence[DatasetFolder], opened: Sequence[Stream | Epoc]
) -> dict[str, str]:
    digests = [dataset.metadata.dspant.digest for dataset in opened]
    return dict(zip(input_names(spec, sources), digests, strict=True))


def input_names(spec: Mapping[str, Any], sources: Sequence[DatasetFolder]) -> list[str]:
    """Name of each input in the metadata; one of another recording is ``recording/dataset``."""
    return [
        source.name if taken["recording"] is None else f"{source.path.parent.name}/{source.name}"
        for taken, source in zip(spec["inputs"], sources, strict=True)
    ]


def _write_stream(
    source: StreamSource,
    threads: int,
    *,
    folder: DatasetFolder,
    stated: dict[str, Any],
    compression: str,
    provenance: Provenance,
) -> None:
    signal = source.signal
    header = StreamHeader(
        fs_hz=signal.fs_hz,
        channels=signal.channels,
        units=signal.units,
        segments=[(s.first, s.count, s.start_s) for s in signal.segments],
        **stated,
    )
    progress = Writing(folder.path, signal.samples, signal.fs_hz)
    with StreamWriter(folder, header, compression) as writer:
        for _, runs in source.runs():
            for samples in pour(runs, writer, threads):
                progress.add(samples)
        writer.finish(provenance)


def _write_epoc(
    source: StreamSource | Events,
    steps: Sequence[Step],
    *,
    folder: DatasetFolder,
    stated: dict[str, Any],
    compression: str,
    provenance: Provenance,
) -> None:
    read = [source, *(given for step in steps for given in step.further)]
    columns, batches = table_of(source, steps)
    header = EpocHeader(columns=stored_columns(columns), **stated)
    content = Content(next(iter(stated["inputs"])), source, steps)
    with EpocWriter(folder, header, compression) as writer:
        for batch in batches:
            writer.write(batch)
            content.add(batch)
        for given in read:
            if isinstance(given, StreamSource):
                given.verify()
        if lack := content.lack():
            provenance.warnings.append(f"node {stated['node']}: {lack}")
            log.warning("%s", provenance.warnings[-1])
        metadata = writer.finish(provenance)
    log.info("%s: %d rows", folder.path, metadata.base.number_of_events)
