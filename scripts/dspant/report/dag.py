"""A picture of an experiment's graph, drawn from its config: ``python -m dspant.report.dag``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from dspant.config import Plan, load_plan
from dspant.config.documents import load_document
from dspant.dataset.folder import store_folder_name
from dspant.report.graph import GraphNode, lay_out
from dspant.report.page import render, write_page


def graph_nodes(plan: Plan) -> Iterator[GraphNode]:
    """Datasets of a recording: stores with their unit, nodes with their steps."""
    for name, store in plan.experiment.stores.items():
        kind = f"{store.kind}, {store.unit}"
        yield GraphNode(store_folder_name(name), kind, made=False, inputs=())
    for node in plan.nodes:
        steps = ", ".join(step["op"] for step in node.spec["steps"])
        inputs = [taken["dataset"] for taken in node.spec["inputs"]]
        yield GraphNode(node.name, steps, made=True, inputs=inputs)


def draw(config: str | Path) -> str:
    """Graph of an experiment as an SVG document.

    Raises
    ------
    ConfigError
        The config or its sheet is wrong.
    """
    plan = load_plan(load_document(config).data, [config])
    return render("dag.svg.j2", graph=lay_out(list(graph_nodes(plan))))


if __name__ == "__main__":
    write_page(Path(sys.argv[2]), draw(sys.argv[1]))
