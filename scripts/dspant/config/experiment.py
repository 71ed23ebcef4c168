"""What an experiment's config may say: one model for each of its sections."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

from dspant.config.names import is_folder_name


class Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


def _text(value: str) -> str:
    if not value or value != value.strip() or not value.isprintable():
        raise ValueError(f"must be text without spaces at its ends, found {value!r}")
    return value


def _unit(value: str) -> str:
    if not value:
        raise ValueError(
            "must not be empty; for values without a unit say what they are, such as index"
        )
    return _text(value)


def _folder(value: str) -> str:
    if not is_folder_name(value):
        raise ValueError(
            f"must begin with a letter or digit and hold only letters, digits, '_', '.' and '-', "
            f"since it names a folder; found {value!r}"
        )
    return value


def _unique(values: list[str]) -> list[str]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"names must differ, but {', '.join(map(repr, repeated))} stands twice")
    return values


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _form(value: Any) -> str | None:
    if isinstance(value, dict | Reference):
        return "reference"
    return "name" if isinstance(value, str) else None


Text = Annotated[str, AfterValidator(_text)]
Unit = Annotated[str, AfterValidator(_unit)]
FolderName = Annotated[str, AfterValidator(_folder)]


class Storage(Section):
    compression: Literal["none", "zstd"] = "none"
    """``none``: fastest to read. ``zstd``: about a third less disk, slower to read."""


class Report(Section):
    samples_mb: float = Field(default=500, ge=0)
    """Most disk in MB, for each recording, for the samples that its page can show. A stream whose
    samples do not fit is shown as outlines, which take some MB more; 0 leaves only these."""


class StreamStore(Section):
    kind: Literal["stream"]
    """``stream``: regularly sampled."""
    unit: Unit
    """Unit of the values, such as V. There is no default: the raw files do not say it."""
    channels: Annotated[list[Text], Field(min_length=1), AfterValidator(_unique)] | None = None
    """Name of each channel, in the order of the raw store; numbers from 0 where left out."""
    scale: float | None = Field(default=None, gt=0)
    """Unit per stored value of 1; needed where the store holds whole numbers, and applied to
    floats too where given."""
    gaps: Literal["error", "segment"] = "error"
    """``error``: a gap stops the ingest, with a list of all gaps. ``segment``: each unbroken run
    becomes a segment, and nothing filters or averages across a gap."""
    truncated: Literal["error", "keep"] = "error"
    """``error``: fewer samples than announced stop the ingest. ``keep``: the stream ends where
    its data end."""


class EpocStore(Section):
    kind: Literal["epoc"]
    """``epoc``: a table of intervals with a value each."""
    unit: Unit
    """Unit of the value that comes with each event, such as uA."""


Store = StreamStore | EpocStore

STORE_MODELS: dict[str, type[Store]] = {"stream": StreamStore, "epoc": EpocStore}


class Reference(Section):
    node: Text
    """Store or node whose result is taken."""
    recording: Text
    """Column of the sheet that names the recording it is taken from."""


Input = Annotated[
    Annotated[Text, Tag("name")] | Annotated[Reference, Tag("reference")],
    Discriminator(
        _form,
        custom_error_type="input",
        custom_error_message="expected the name of a store or node, or {node: ..., recording: ...}",
    ),
]


class Node(Section):
    inputs: Annotated[list[Input], BeforeValidator(_as_list)] = Field(alias="from", min_length=1)
    """The store or node it takes, or a list: the first is what the steps work on, further ones
    go, in order, to the steps that need more than one input."""
    steps: list[Any]
    """Operations, in order: each a name, or a name with its parameters."""


class Experiment(Section):
    experiment: FolderName
    """Name of the experiment; results go to ``results/<experiment>/``."""
    recordings: Text
    """Path of the sheet that lists the recordings, from the working directory."""
    stores: dict[str, Store]
    """What to take from each raw block, by the store's name."""
    nodes: dict[str, Node] = {}
    """What to make of it, by a name of your choice."""
    line_frequency_hz: float | None = Field(default=None, gt=0)
    """Frequency of the mains, 50 or 60; the default of a notch."""
    storage: Storage = Storage()
    """How results are stored."""
    report: Report = Report()
    """What the pages show."""
