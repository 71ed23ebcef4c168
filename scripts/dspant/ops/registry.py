"""The one list of operations: an operation registers itself, and everything else asks here.

Importing this module, or any module of operations, loads no array library: configs are
validated where a workflow is planned, and planning has to be quick.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from dspant.errors import OperationError

Kind = Literal["stream", "epoc"]


class Parameters(BaseModel):
    """Base of every parameter model: unknown names, text for numbers and NaN are refused."""

    example: ClassVar[dict[str, Any]] = {}
    """Parameters as a lab might write them; the guide shows them and tests use them."""
    example_columns: ClassVar[dict[str, tuple[str, str]]] = {}
    """Dtype and unit of what an epoc given to the operation has besides times and data, for the
    guide."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


def nothing_to_state(_signal: Any, _params: Any) -> dict[str, Any]:
    return {}


def unchanged(signal: Any, _params: Any) -> Any:
    return signal


def no_reach(_params: Any) -> float:
    return 0.0


def nothing_more(_params: Any) -> tuple[Kind, ...]:
    return ()


@dataclass(frozen=True)
class Held:
    """What an operation holds at once for each channel, as measured.

    Parameters
    ----------
    blocks
        Blocks of samples.
    reaches
        How much of what it looks at it holds besides, where that is much more than a block.
    scipy
        Whether it loads SciPy.
    reaching
        The same where its parameters make it look around, if that differs.
    """

    blocks: int
    reaches: int = 1
    scipy: bool = True
    reaching: Held | None = None


@dataclass(frozen=True)
class Operation:
    """One registered operation.

    Parameters
    ----------
    name
        What configs call it.
    parameters
        Its parameter model; the only place where parameters, defaults and bounds are written.
    takes
        Kinds of its inputs, in the order of a node's ``from``.
    makes
        Kind of its result.
    version
        Raised by its author whenever its numbers change, which makes results again.
    run
        The pure function itself.
    describe
        (signal, parameters) -> the signal that comes out (stream operations).
    columns
        (signal, events, parameters) -> columns of the table that comes out (epoc operations).
    reach_s
        parameters -> seconds of signal needed on either side of a sample.
    facts
        (signal, parameters) -> what the metadata state besides the parameters.
    mixes_channels
        Whether a channel's result depends on other channels; where not, channels may be
        computed apart.
    picks
        (signal, parameters) -> places of the channels that it hands on as they are, without looking
        at any other; None for an operation that computes.
    side_by_side
        Whether an epoc operation computes in as many threads as its source has.
    learn
        (source, further inputs, parameters) -> :class:`dspant.ops.signal.Learned`: what a stream
        operation has to know of the whole recording, or of its further inputs, before the first
        sample passes.
    also_takes
        parameters -> kinds of inputs that are taken after those of ``takes``, where parameters
        ask for them.
    holds
        What it holds in memory; None for what does as recursive filters do.
    counts
        Name of the column that counts what a row is an average of; empty where rows are none.
    looks_for_faults
        Whether a table without rows is what one hopes for.
    """

    name: str
    parameters: type[Parameters]
    takes: tuple[Kind, ...]
    makes: Kind
    version: int
    run: Callable[..., Any]
    describe: Callable[..., Any] = unchanged
    columns: Callable[..., Any] | None = None
    reach_s: Callable[[Any], float] = no_reach
    facts: Callable[..., dict[str, Any]] = nothing_to_state
    mixes_channels: bool = False
    picks: Callable[..., Sequence[int]] | None = None
    side_by_side: bool = False
    learn: Callable[..., Any] | None = None
    also_takes: Callable[[Any], tuple[Kind, ...]] = nothing_more
    holds: Held | None = None
    counts: str = ""
    looks_for_faults: bool = False

    def further(self, params: Any) -> tuple[Kind, ...]:
        """Kinds of the inputs that it takes with these parameters besides the first."""
        return (*self.takes[1:], *self.also_takes(params))

    @property
    def family(self) -> str:
        return self.run.__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """First line of the function's docstring."""
        return inspect.cleandoc(self.run.__doc__ or "").partition("\n")[0]

    @property
    def source(self) -> str:
        """Where the operation is from, as its docstring says; empty where it says nothing."""
        paragraphs = inspect.cleandoc(self.run.__doc__ or "").split("\n\n")
        found = [text for text in paragraphs if text.startswith("Source:")]
        return " ".join(" ".join(found).removeprefix("Source:").split())


_operations: dict[str, Operation] = {}


def _register(operation: Operation) -> None:
    if operation.name in _operations:
        raise OperationError(
            f"operation {operation.name!r} is registered twice, in {operation.run.__module__} and "
            f"{_operations[operation.name].run.__module__}; give one of them another name"
        )
    _operations[operation.name] = operation


def stream_operation(
    parameters: type[Parameters],
    *,
    version: int,
    takes: tuple[Kind, ...] = ("stream",),
    **declared: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``f(blocks, signal, parameters)``, which turns float64 blocks into float64 blocks.

    The function is called once for each unbroken run, with blocks of shape channels x samples
    and of any length; its result must not depend on how the run was cut into blocks. A block
    belongs to whoever it was handed to, who may change it. One that declares ``learn`` is called
    ``f(blocks, signal, parameters, learned)``; one with further inputs has to.
    """

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        _register(Operation(run.__name__, parameters, takes, "stream", version, run, **declared))
        return run

    return decorate


def epoc_operation(
    parameters: type[Parameters],
    *,
    version: int,
    columns: Callable[..., Any],
    takes: tuple[Kind, ...] = ("stream",),
    **declared: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``f(source, events, parameters)``, which yields batches of table columns.

    ``source`` is a :class:`dspant.ops.signal.SignalSource`, or :class:`dspant.ops.signal.Events`
    where ``takes`` begins with an epoc; ``events`` are the node's further inputs; each batch is a
    dict of equally long arrays, one per declared column.
    """

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        _register(
            Operation(
                run.__name__, parameters, takes, "epoc", version, run, columns=columns, **declared
            )
        )
        return run

    return decorate


class Operations(Mapping[str, Operation]):
    """All operations by name; the module of one is imported when it is asked for.

    Jobs and plans use a few of them, and importing all would take most of their start.
    """

    def __getitem__(self, name: str) -> Operation:
        if name not in _operations:
            import_module(_places()[name])
        return _operations[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*_places(), *_operations]))

    def __len__(self) -> int:
        return len(list(iter(self)))


@cache
def _places() -> dict[str, str]:
    """Module of each operation, by the names that stand below a registration in its source."""
    found: dict[str, str] = {}
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{__package__}.{module.name}"
        origin = find_spec(name).origin
        text = Path(origin).read_text(encoding="utf-8")
        found |= dict.fromkeys(_REGISTERED.findall(text), name)
    return found


_REGISTERED = re.compile(
    r"^@(?:stream|epoc|table)_operation\(.*?^def (\w+)", re.DOTALL | re.MULTILINE
)


def operations() -> Mapping[str, Operation]:
    """All operations by name, from every module of this package."""
    return Operations()
