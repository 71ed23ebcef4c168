"""Resolves nodes into a graph: what each takes, what it makes, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Any

from dspant.config.draft import Draft
from dspant.config.experiment import Node, Reference
from dspant.config.names import is_node_name, suggestion
from dspant.config.problems import KeyPath, Problem
from dspant.config.steps import Step, read_steps
from dspant.dataset.folder import store_folder_name
from dspant.ops.registry import Kind
from dspant.wording import with_article

Kinds = Mapping[str, Kind | None]


@dataclass(frozen=True)
class Source:
    """One input of a node.

    Parameters
    ----------
    path
        Where it stands in the config.
    dataset
        Name of the dataset's folder.
    column
        Column of the sheet that names the recording, or None for the node's own recording.
    """

    path: KeyPath
    dataset: str
    column: str | None


@dataclass(frozen=True)
class Graph:
    """All nodes of an experiment.

    Parameters
    ----------
    nodes
        Resolved spec of each sound node, in the order of the config as far as that lets what is
        taken come first.
    references
        Columns of the sheet that have to name recordings, each with the place that says so.
    """

    nodes: tuple[dict[str, Any], ...]
    references: tuple[tuple[str, KeyPath], ...]


def resolve_graph(draft: Draft) -> tuple[Graph, list[Problem]]:
    """Order the nodes, follow kinds from the stores on, and say what does not fit.

    A node with a problem is left out; whatever takes it is still checked as far as that is
    possible without it.
    """
    problems = [*_store_clashes(draft), *_node_names(draft)]
    kinds: dict[str, Kind | None] = {
        store_folder_name(name): store and store.kind for name, store in draft.stores.items()
    }
    sources = {name: _sources(name, node, kinds) for name, node in draft.nodes.items()}
    known = [*draft.stores, *draft.nodes]
    problems += _missing_parents(sources, {*kinds, *draft.nodes}, known)
    order, cycles = _order(sources, kinds)
    problems += cycles

    specs: list[dict[str, Any]] = []
    for name in order:
        steps, found = _steps(name, draft)
        found += _mismatches(name, sources[name], steps, kinds)
        kinds[name] = steps[-1].operation.makes if steps and steps[-1].operation else None
        problems += found
        sound = steps and not found
        if sound and all(kinds.get(source.dataset) for source in sources[name]):
            specs.append(_spec(name, sources[name], steps, kinds, draft))
    return Graph(tuple(specs), tuple(_references(sources))), problems


def _steps(name: str, draft: Draft) -> tuple[list[Step], list[Problem]]:
    node = draft.nodes[name]
    if node is None:
        return [], []
    return read_steps(node.steps, ("nodes", name, "steps"), draft.line_frequency_hz)


def _store_clashes(draft: Draft) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name in draft.stores:
        folder = store_folder_name(name)
        if not folder:
            yield Problem(("stores", name), "the name of a store must not be empty")
        other = taken.setdefault(folder.casefold(), name)
        if other != name:
            message = f"would share the folder {folder}.ant with store {other!r}; keep one of them"
            yield Problem(("stores", name), message)


def _node_names(draft: Draft) -> Iterator[Problem]:
    stores = {store_folder_name(name).casefold(): name for name in draft.stores}
    for name in draft.nodes:
        if not is_node_name(name):
            message = (
                f"a node's name begins with a small letter and holds only small letters, digits "
                f"and '_', found {name!r}"
            )
            yield Problem(("nodes", name), message)
        elif name.casefold() in stores:
            message = (
                f"would share its folder with store {stores[name.casefold()]!r}; "
                f"give the node another name"
            )
            yield Problem(("nodes", name), message)


def _sources(name: str, node: Node | None, stores: Kinds) -> list[Source]:
    if node is None:
        return []
    sources: list[Source] = []
    for index, entry in enumerate(node.inputs):
        path = ("nodes", name, "from", index)[: 3 if len(node.inputs) == 1 else 4]
        dataset, column = (
            (entry.node, entry.recording) if isinstance(entry, Reference) else (entry, None)
        )
        folder = store_folder_name(dataset)
        sources.append(Source(path, folder if folder in stores else dataset, column))
    return sources


def _references(sources: Mapping[str, list[Source]]) -> Iterator[tuple[str, KeyPath]]:
    for taken in sources.values():
        for source in taken:
            if source.column is not None:
                yield source.column, (*source.path, "recording")


def _missing_parents(
    sources: Mapping[str, list[Source]], datasets: set[str], known: list[str]
) -> Iterator[Problem]:
    for name, taken in sources.items():
        for source in taken:
            if source.dataset not in datasets:
                others = [candidate for candidate in known if candidate != name]
                message = f"no store or node is called {source.dataset!r}"
                yield Problem(source.path, message + suggestion(source.dataset, others))


def _order(
    sources: Mapping[str, list[Source]], stores: Collection[str]
) -> tuple[list[str], list[Problem]]:
    nodes = sources.keys() - set(stores)
    edges = {
        name: [source.dataset for source in taken if source.dataset in nodes]
        for name, taken in sources.items()
    }
    problems: list[Problem] = []
    while True:
        try:
            return _as_declared(edges), problems
        except CycleError as error:
            cycle = _from_first(error.args[1][:-1], list(sources))
            problems.append(_cycle_problem(cycle))
            # Without one of its edges the cycle is gone, and the next one shows.
            edges[cycle[0]] = [name for name in edges[cycle[0]] if name != cycle[-1]]


def _as_declared(edges: Mapping[str, list[str]]) -> list[str]:
    position = {name: index for index, name in enumerate(edges)}
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    order: list[str] = []
    ready: list[tuple[int, str]] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, (position[name], name))
        _, first = heappop(ready)
        order.append(first)
        sorter.done(first)
    return order


def _from_first(cycle: list[str], declared: list[str]) -> list[str]:
    start = min(range(len(cycle)), key=lambda index: declared.index(cycle[index]))
    return cycle[start:] + cycle[:start]


def _cycle_problem(cycle: list[str]) -> Problem:
    path = ("nodes", cycle[0], "from")
    if len(cycle) == 1:
        return Problem(path, f"{cycle[0]!r} takes itself as input")
    return Problem(path, "these nodes wait for each other: " + " -> ".join([*cycle, cycle[0]]))


def _mismatches(
    name: str, sources: list[Source], steps: list[Step], kinds: Kinds
) -> Iterator[Problem]:
    if not steps:
        return
    running = kinds.get(sources[0].dataset)
    origin = repr(sources[0].dataset)
    further = iter(sources[1:])
    for step in steps:
        operation = step.operation
        if operation is None:
            return
        if running is not None and running != operation.takes[0]:
            message = (
                f"in node {name!r} {operation.name!r} takes {with_article(operation.takes[0])}, "
                f"but {origin} is of kind {running}"
            )
            yield Problem(step.path, message)
        yield from _further_inputs(name, step, _further_kinds(step), further, kinds)
        running, origin = operation.makes, f"the result of {operation.name!r}"
    for source in further:
        message = f"no step of node {name!r} takes {source.dataset!r} as a further input"
        yield Problem(source.path, message)


def _further_kinds(step: Step) -> tuple[Kind, ...]:
    operation = step.operation
    if step.params is None:
        return operation.takes[1:]
    return operation.further(operation.parameters(**step.params))


def _further_inputs(
    name: str, step: Step, wanted: tuple[Kind, ...], further: Iterator[Source], kinds: Kinds
) -> Iterator[Problem]:
    for kind in wanted:
        source = next(further, None)
        if source is None:
            message = (
                f"{step.operation.name!r} needs a further input of kind {kind}; "
                f"name it in 'from' of node {name!r}"
            )
            yield Problem(step.path, message)
        elif kinds.get(source.dataset) not in (None, kind):
            message = (
                f"{step.operation.name!r} of node {name!r} takes a further input of kind {kind}, "
                f"but {source.dataset!r} is of kind {kinds[source.dataset]}"
            )
            yield Problem(source.path, message)


def _spec(
    name: str, sources: list[Source], steps: list[Step], kinds: Kinds, draft: Draft
) -> dict[str, Any]:
    return {
        "node": name,
        "makes": kinds[name],
        "inputs": [
            {
                "dataset": source.dataset,
                "kind": kinds[source.dataset],
                "recording": source.column,
            }
            for source in sources
        ],
        "steps": [step.spec() for step in steps],
        "storage": draft.storage.model_dump(mode="json"),
    }
