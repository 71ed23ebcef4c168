"""What every dataset states about itself: the identity that other jobs and people rely on."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from dspant.dataset.atomic import to_json
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import make_again
from dspant.dataset.stated import (
    Stated,
    UnfitError,
    any_text,
    list_of,
    make,
    matching,
    number,
    object_of,
    one_of,
    optional,
    part,
    positive,
    row_of,
    text,
    whole_number,
)
from dspant.errors import MetadataError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1

STORED_TYPES = (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip

Text = Annotated[str, text]
Count = Annotated[int, whole_number]


@dataclass(frozen=True, kw_only=True)
class StreamBase(Stated):
    """Core of a stream: without any of these its samples mean nothing."""

    name: Text
    fs: Annotated[float, positive]
    """Samples per second, in Hz."""
    number_of_samples: Count
    data_shape: Annotated[list[int], list_of(whole_number, [2])]
    """Channels, then samples."""
    channel_numbers: Count
    """How many channels there are."""
    channel_names: Annotated[list[str], list_of(text, least=1)]
    channel_types: Annotated[list[str], list_of(one_of(*STORED_TYPES))]
    """Dtype of the stored values of each channel."""
    channel_units: Annotated[list[str], list_of(text)]
    """Unit of each channel's values after scaling."""
    channel_scales: Annotated[list[float] | None, optional(list_of(number))] = None
    """What one stored count is in the channel's unit; absent where values are in the unit."""

    def check(self) -> None:
        count = len(self.channel_names)
        for name in ("channel_types", "channel_units", "channel_scales"):
            values = getattr(self, name)
            if values is not None and len(values) != count:
                raise ValueError(f"{name} has {len(values)} entries for {count} channel_names")
        if len(set(self.channel_names)) != count:
            raise ValueError(f"channel_names {self.channel_names} name one twice")
        if self.channel_numbers != count or self.data_shape != [count, self.number_of_samples]:
            raise ValueError(
                f"channel_numbers {self.channel_numbers} and data_shape {self.data_shape} do not "
                f"fit {count} channel_names and {self.number_of_samples} samples"
            )


LIST_TYPE = re.compile(r"(float32|float64|int8|int16|int32|int64)\[([1-9]\d*)\]")
"""Dtype of a column whose every cell holds equally many numbers, such as a waveform."""


@dataclass(frozen=True, kw_only=True)
class EpocColumn(Stated):
    dtype: Annotated[str, matching(rf"float64|int64|bool|string|{LIST_TYPE.pattern}")]
    """Of a value; ``float32[30]`` for lists of 30 values each."""
    unit: Annotated[str, any_text]
    """Unit of the values; empty where a column has none, such as a name."""
    meaning: Annotated[str, any_text]

    @property
    def list_of(self) -> tuple[str, int] | None:
        """Dtype and number of the values in a cell; None where a cell holds one value."""
        found = LIST_TYPE.fullmatch(self.dtype)
        return (found[1], int(found[2])) if found else None


@dataclass(frozen=True, kw_only=True)
class EpocBase(Stated):
    """Core of a table of intervals; times are float64 seconds from block start."""

    name: Text
    number_of_events: Count
    data_shape: Annotated[list[int], list_of(whole_number, [1])]
    columns: Annotated[dict[str, EpocColumn], object_of(part(EpocColumn))]

    def check(self) -> None:
        if list(self.columns)[:2] != ["onset", "offset"]:
            raise ValueError(f"columns must begin with onset, offset, not {list(self.columns)[:2]}")
        for name in ("onset", "offset"):
            if (self.columns[name].dtype, self.columns[name].unit) != ("float64", "s"):
                raise ValueError(f"column {name} must be float64 in s")
        if self.data_shape != [self.number_of_events]:
            raise ValueError(
                f"data_shape {self.data_shape} does not fit {self.number_of_events} events"
            )


Segments = list[tuple[int, int, float]]


@dataclass(frozen=True, kw_only=True)
class Contract(Stated):
    """What dspAnt adds to the ancestor's keys."""

    format: Annotated[int, one_of(FORMAT)] = FORMAT
    kind: Annotated[str, one_of("stream", "epoc")]
    segments: Annotated[
        Segments | None, optional(list_of(row_of(whole_number, whole_number, number)))
    ] = None
    """Of a stream: first sample, number of samples, start in seconds, of each unbroken run."""
    digest: Text
    node: Annotated[str | None, optional(any_text)] = None
    steps: Annotated[list[dict[str, Any]], list_of(object_of())] = field(default_factory=list)
    inputs: Annotated[dict[str, str], object_of(any_text)] = field(default_factory=dict)
    """Digest of each input, by its name."""


@dataclass(frozen=True, kw_only=True)
class StreamMetadata(Stated):
    source: Text
    base: Annotated[StreamBase, part(StreamBase)]
    other: Annotated[dict[str, Any], object_of()] = field(default_factory=dict)
    dspant: Annotated[Contract, part(Contract)]

    def check(self) -> None:
        expected = 0
        free_from_s = float("-inf")
        for first, count, start_s in self.dspant.segments or ():
            if start_s < free_from_s - 0.5 / self.base.fs:
                raise ValueError(
                    f"segments {self.dspant.segments}: the one that starts at {start_s} s overlaps "
                    f"the one before it, which ends at {free_from_s} s"
                )
            free_from_s = start_s + count / self.base.fs
            if first != expected or count == 0:
                raise ValueError(
                    f"segments {self.dspant.segments} must follow one another without empty ones"
                )
            expected += count
        if expected != self.base.number_of_samples:
            raise ValueError(f"segments hold {expected} of {self.base.number_of_samples} samples")


@dataclass(frozen=True, kw_only=True)
class EpocMetadata(Stated):
    source: Text
    base: Annotated[EpocBase, part(EpocBase)]
    other: Annotated[dict[str, Any], object_of()] = field(default_factory=dict)
    dspant: Annotated[Contract, part(Contract)]


Metadata = StreamMetadata | EpocMetadata


def as_document(metadata: Metadata) -> dict[str, Any]:
    """Metadata as the JSON document that is stored: key order fixed, what is absent left out."""
    document = asdict(metadata)
    document["base"] = {k: v for k, v in document["base"].items() if v is not None}
    contract = document["dspant"]
    if contract["segments"] is None:
        del contract["segments"]
    return document


def build(model: type[Metadata], where: Path, /, **parts: Any) -> Metadata:
    """Make metadata that are complete, or refuse.

    Raises
    ------
    MetadataError
        Something that every dataset must state is missing or contradicts the rest.
    """
    try:
        metadata = make(model, parts)
    except UnfitError as error:
        problems = (f"{place or 'metadata'}: {why}" for place, why in error.problems.items())
        raise MetadataError(f"{where}: " + "; ".join(problems)) from error
    try:
        to_json(as_document(metadata))
    except (TypeError, ValueError) as error:
        raise MetadataError(f"{where}: what is stated must fit into JSON: {error}") from error
    return metadata


def read_metadata(path: Path) -> Metadata:
    """Read and validate a dataset's metadata.

    Raises
    ------
    MetadataError
        The file is missing, is not JSON, or lacks what every dataset must state.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MetadataError(
            f"{path} is missing, so this dataset was never finished; run the workflow again"
        ) from error
    except ValueError as error:
        raise MetadataError(
            f"{path} is not JSON ({error}); {make_again(DatasetFolder(path.parent))}"
        ) from error
    contract = document.get("dspant") if isinstance(document, dict) else None
    if not isinstance(contract, dict):
        raise MetadataError(
            f'{path} has no "dspant" section with kind, segments and digest, which format {FORMAT} '
            f"requires; ingest the recording again"
        )
    model = EpocMetadata if contract.get("kind") == "epoc" else StreamMetadata
    return build(model, path, **document)
