"""What every dataset states about itself: the identity that other jobs and people rely on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from annotated_types import Ge, Gt, Len, MinLen
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dspant.dataset.atomic import to_json
from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import make_again
from dspant.errors import MetadataError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1

Text = Annotated[str, MinLen(1)]
Count = Annotated[int, Ge(0)]
StoredType = Literal[
    "float16", "float32", "float64", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64",
]  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
    )


class StreamBase(_Model):
    """Core of a stream: without any of these its samples mean nothing."""

    name: Text
    fs: Annotated[float, Gt(0)]
    """Samples per second, in Hz."""
    number_of_samples: Count
    data_shape: Annotated[list[Count], Len(2, 2)]
    """Channels, then samples."""
    channel_numbers: Count
    """How many channels there are."""
    channel_names: Annotated[list[Text], MinLen(1)]
    channel_types: list[StoredType]
    """Dtype of the stored values of each channel."""
    channel_units: list[Text]
    """Unit of each channel's values after scaling."""
    channel_scales: list[float] | None = None
    """What one stored count is in the channel's unit; absent where values are in the unit."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
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
        return self


LIST_TYPE = re.compile(r"(float32|float64|int8|int16|int32|int64)\[([1-9]\d*)\]")
"""Dtype of a column whose every cell holds equally many numbers, such as a waveform."""


class EpocColumn(_Model):
    dtype: Annotated[str, Field(pattern=rf"^(float64|int64|bool|string|{LIST_TYPE.pattern})$")]
    """Of a value; ``float32[30]`` for lists of 30 values each."""
    unit: str
    """Unit of the values; empty where a column has none, such as a name."""
    meaning: str

    @property
    def list_of(self) -> tuple[str, int] | None:
        """Dtype and number of the values in a cell; None where a cell holds one value."""
        found = LIST_TYPE.fullmatch(self.dtype)
        return (found[1], int(found[2])) if found else None


class EpocBase(_Model):
    """Core of a table of intervals; times are float64 seconds from block start."""

    name: Text
    number_of_events: Count
    data_shape: Annotated[list[Count], Len(1, 1)]
    columns: dict[str, EpocColumn]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if list(self.columns)[:2] != ["onset", "offset"]:
            raise ValueError(f"columns must begin with onset, offset, not {list(self.columns)[:2]}")
        for name in ("onset", "offset"):
            if (self.columns[name].dtype, self.columns[name].unit) != ("float64", "s"):
                raise ValueError(f"column {name} must be float64 in s")
        if self.data_shape != [self.number_of_events]:
            raise ValueError(
                f"data_shape {self.data_shape} does not fit {self.number_of_events} events"
            )
        return self


class Contract(_Model):
    """What dspAnt adds to the ancestor's keys."""

    format: Literal[1] = FORMAT
    kind: Literal["stream", "epoc"]
    segments: list[tuple[Count, Count, float]] | None = None
    """Of a stream: first sample, number of samples, start in seconds, of each unbroken run."""
    digest: Text
    node: str | None = None
    steps: list[dict[str, Any]] = Field(default_factory=list)
    inputs: dict[str, str] = Field(default_factory=dict)
    """Digest of each input, by its name."""


class StreamMetadata(_Model):
    source: Text
    base: StreamBase
    other: dict[str, Any] = Field(default_factory=dict)
    dspant: Contract

    @model_validator(mode="after")
    def _segments_cover(self) -> Self:
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
        return self


class EpocMetadata(_Model):
    source: Text
    base: EpocBase
    other: dict[str, Any] = Field(default_factory=dict)
    dspant: Contract


Metadata = StreamMetadata | EpocMetadata


def as_document(metadata: Metadata) -> dict[str, Any]:
    """Metadata as the JSON document that is stored: key order fixed, what is absent left out."""
    document = metadata.model_dump(mode="json")
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
        metadata = model(**parts)
        to_json(as_document(metadata))
    except ValidationError as error:
        raise MetadataError(_described(error, where)) from error
    except ValueError as error:
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


def _described(error: ValidationError, where: Path) -> str:
    lines = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "metadata"
        lines.append(f"{place}: {problem['msg']}, found {problem.get('input')!r:.80}")
    return f"{where}: " + "; ".join(lines)
