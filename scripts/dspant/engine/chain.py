"""A list of steps as one streaming pass: what comes out, and the samples themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dspant.errors import OperationError
from dspant.ops.registry import Operation, Parameters, operations

if TYPE_CHECKING:
    from dspant.ops.signal import Blocks, Learned, Signal, SignalSource


class StepError(OperationError):
    """An operation's refusal, with the step it comes from."""


@dataclass(frozen=True)
class Step:
    """One step of a node, bound to its operation.

    Parameters
    ----------
    index
        Its place in the node's list, from 0.
    further
        The node's further inputs that it takes: Events, or sources of signals.
    learned
        What its first pass found; None before that, or where it needs none.
    """

    index: int
    operation: Operation
    params: Parameters
    further: tuple[Any, ...] = ()
    learned: Learned | None = None

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """An operation's refusal within goes on as one that says which step it comes from.

        Raises
        ------
        StepError
            Where one is refused; one that an earlier step refused stays as it is.
        """
        try:
            yield
        except StepError:
            raise
        except OperationError as error:
            text = f"steps[{self.index}] ({self.operation.name}): {error}"
            raise StepError(text) from error

    def document(self, signal: Signal) -> dict[str, Any]:
        """What metadata state of this step when it is given ``signal``."""
        stated = {
            "op": self.operation.name,
            "version": self.operation.version,
            "params": self.params.model_dump(mode="json"),
        }
        facts = self.operation.facts(signal, self.params)
        learned = dict(self.learned.stated) if self.learned else {}
        return (
            stated
            | ({"realised": facts} if facts else {})
            | ({"learned": learned} if learned else {})
        )

    def taught(self, source: SignalSource) -> Step:
        """The same step, knowing what it needs of the signal it is given.

        Raises
        ------
        StepError
            The operation cannot be applied to this signal.
        """
        if self.operation.learn is None:
            return self
        with self.refusals():
            learned = self.operation.learn(source, list(self.further), self.params)
        return replace(self, learned=learned)


def bind(steps: Sequence[dict[str, Any]]) -> tuple[Step, ...]:
    """Bind resolved steps (``op``, ``version``, ``params``) to their operations.

    Raises
    ------
    OperationError
        An operation is unknown here or has another version than the plan was made with.
    """
    known = operations()
    bound = []
    for index, step in enumerate(steps):
        operation = known.get(step["op"])
        if operation is None or operation.version != step["version"]:
            found = "unknown" if operation is None else f"at version {operation.version}"
            raise OperationError(
                f"steps[{index}] asks for {step['op']} version {step['version']}, which is {found} "
                f"here; plan and run with the same installation of dspAnt"
            )
        bound.append(Step(index, operation, operation.parameters(**step["params"])))
    return tuple(bound)


def with_inputs(steps: Sequence[Step], further: Sequence[Any]) -> tuple[Step, ...]:
    """The steps, each with those of the further inputs that it takes, in their order."""
    left = iter(further)
    return tuple(
        replace(step, further=tuple(next(left) for _ in step.operation.further(step.params)))
        for step in steps
    )


def described(steps: Sequence[Step], signal: Signal) -> Signal:
    """The signal that stream steps make of ``signal``.

    Raises
    ------
    StepError
        A step cannot be applied to what it is given, such as one that names an unknown channel.
    """
    for step in steps:
        with step.refusals():
            signal = step.operation.describe(signal, step.params)
    return signal


def used_channels(steps: Sequence[Step], signal: Signal) -> list[int]:
    """Places of the channels of ``signal`` that are left once the first steps have picked some."""
    used = list(range(len(signal.channels)))
    for step in steps:
        if step.operation.picks is None:
            break
        used = [used[place] for place in step.operation.picks(signal, step.params)]
        signal = step.operation.describe(signal, step.params)
    return used


def documents(steps: Sequence[Step], signal: Signal) -> list[dict[str, Any]]:
    """What metadata state of all steps, the first of which is given ``signal``."""
    stated = []
    for step in steps:
        stated.append(step.document(signal))
        if step.operation.makes == "stream":
            signal = step.operation.describe(signal, step.params)
    return stated


def apply(
    steps: Sequence[Step], blocks: Blocks, signal: Signal, channels: slice = slice(None)
) -> Blocks:
    """Run stream steps over one unbroken run.

    Parameters
    ----------
    blocks
        float64, channels x samples, of any length each.
    signal
        The run they belong to, as the first step sees it.
    channels
        Which of the stream's channels these are.
    """
    for step in steps:
        if step.learned is not None:
            step = replace(step, learned=step.learned.pick(channels))  # noqa: PLW2901
        blocks = _guarded(step, blocks, signal)
        signal = step.operation.describe(signal, step.params)
    return blocks


def _guarded(step: Step, blocks: Blocks, signal: Signal) -> Blocks:
    learned = () if step.learned is None else (step.learned,)
    with step.refusals():
        yield from step.operation.run(blocks, signal, step.params, *learned)
