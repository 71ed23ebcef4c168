"""Steps that make tables: of a signal first, then of the table before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dspant.dataset.epoc_schema import arrow_schema, arrow_table, check_epoc
from dspant.dataset.metadata import EpocColumn
from dspant.engine.chain import Step
from dspant.ops.signal import Column, Events

if TYPE_CHECKING:
    import numpy as np

    from dspant.engine.source import StreamSource

    Batches = Iterator[dict[str, np.ndarray]]
else:
    Batches = Iterator


def table_of(
    given: StreamSource | Events, steps: Sequence[Step]
) -> tuple[Mapping[str, Column], Batches]:
    """Columns and rows of the last of some steps, each of which makes a table.

    Parameters
    ----------
    given
        What the first step works on; each later one works on the table of the one before.

    Raises
    ------
    StepError
        A step cannot be applied; also while rows are asked for.
    """
    for step in steps[:-1]:
        given = _as_events(step, *_applied(given, step))
    return _applied(given, steps[-1])


def stored_columns(columns: Mapping[str, Column]) -> dict[str, EpocColumn]:
    """Columns that an operation declares, as metadata state them."""
    return {
        name: EpocColumn(dtype=column.dtype, unit=column.unit, meaning=column.meaning)
        for name, column in columns.items()
    }


def _applied(given: Any, step: Step) -> tuple[Mapping[str, Column], Batches]:
    about = given if isinstance(given, Events) else given.signal
    with step.refusals():
        columns = step.operation.columns(about, list(step.further), step.params)
    return columns, _guarded(given, step)


def _guarded(given: Any, step: Step) -> Batches:
    with step.refusals():
        yield from step.operation.run(given, list(step.further), step.params)


def _as_events(step: Step, columns: Mapping[str, Column], batches: Batches) -> Events:
    import pyarrow as pa

    stored = stored_columns(columns)
    schema = arrow_schema(stored)
    found = [arrow_table(batch).cast(schema) for batch in batches if len(batch["onset"])]
    table = pa.concat_tables(found) if found else schema.empty_table()
    check_epoc(table, stored, f"the table of {step.operation.name}")
    return Events(step.operation.name, table, dict(columns))
