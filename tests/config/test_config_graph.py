"""Any set of nodes is either put in order, or its circles are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspant.config.draft import read_draft
from dspant.config.graph import resolve_graph

STORES = {"RawG": {"kind": "stream", "unit": "V"}, "PC0/": {"kind": "epoc", "unit": "index"}}


def resolve(nodes, **settings):
    config = {"experiment": "x", "recordings": "x.tsv", "stores": STORES, "nodes": nodes}
    draft, problems = read_draft(config | settings)
    assert problems == []
    return resolve_graph(draft)


def node(*inputs, steps=("rectify",)):
    return {"from": list(inputs), "steps": list(steps)}


@st.composite
def acyclic(draw):
    count = draw(st.integers(1, 12))
    names = [f"n{index}" for index in range(count)]
    nodes = {}
    for index, name in enumerate(names):
        parent = draw(st.sampled_from(["RawG", *names[:index]]))
        nodes[name] = node(parent)
    shuffled = draw(st.permutations(names))
    return {name: nodes[name] for name in shuffled}


@given(acyclic())
def test_what_is_taken_comes_first(nodes):
    graph, problems = resolve(nodes)

    assert problems == []
    made = {"RawG"}
    for spec in graph.nodes:
        assert all(taken["dataset"] in made for taken in spec["inputs"])
        made.add(spec["node"])
    assert made == {"RawG", *nodes}


@given(acyclic())
def test_order_is_that_of_the_config_where_it_can_be(nodes):
    in_order = dict(sorted(nodes.items(), key=lambda item: int(item[0][1:])))

    graph, _ = resolve(in_order)

    assert [spec["node"] for spec in graph.nodes] == list(in_order)


@given(st.integers(1, 8), st.integers(0, 4), st.randoms())
def test_a_circle_is_named_from_its_first_node(length, others, random):
    circle = [f"c{index}" for index in range(length)]
    nodes = {name: node(circle[index - 1]) for index, name in enumerate(circle)}
    nodes |= {f"o{index}": node("RawG") for index in range(others)}
    names = list(nodes)
    random.shuffle(names)

    graph, problems = resolve({name: nodes[name] for name in names})

    first = min(circle, key=names.index)
    start = circle.index(first)
    named = [*circle[start:], *circle[:start], first]
    assert len(problems) == 1
    assert problems[0].path == ("nodes", first, "from")
    expected = f"{first!r} takes itself" if length == 1 else " -> ".join(named)
    assert expected in problems[0].message
    assert {spec["node"] for spec in graph.nodes} >= {f"o{index}" for index in range(others)}


def test_a_spec_holds_every_default_in_a_stable_order():
    graph, problems = resolve(
        {
            "mep": node(
                "RawG",
                {"node": "PC0/", "recording": "mvc"},
                steps=[
                    "notch",
                    {"evoked": {"window_s": [-0.01, 0.04], "response_s": [0.004, 0.03]}},
                ],
            )
        },
        line_frequency_hz=50,
    )

    assert problems == []
    (spec,) = graph.nodes
    assert list(spec) == ["node", "makes", "inputs", "steps", "storage"]
    assert spec["node"] == "mep"
    assert spec["makes"] == "epoc"
    assert spec["inputs"] == [
        {"dataset": "RawG", "kind": "stream", "recording": None},
        {"dataset": "PC0_", "kind": "epoc", "recording": "mvc"},
    ]
    notch, evoked = spec["steps"]
    assert notch == {
        "op": "notch",
        "version": notch["version"],
        "params": {"frequency_hz": 50.0, "q": 30.0, "phase": "zero", "harmonics": 1},
    }
    assert evoked["params"]["window_s"] == [-0.01, 0.04]
    assert evoked["params"]["onset_sd"] == 4.0
    assert spec["storage"] == {"compression": "none"}
    assert graph.references == (("mvc", ("nodes", "mep", "from", 1, "recording")),)


def test_a_frequency_of_its_own_goes_before_that_of_the_mains():
    graph, _ = resolve(
        {"n": node("RawG", steps=[{"notch": {"frequency_hz": 100}}])}, line_frequency_hz=50
    )

    assert graph.nodes[0]["steps"][0]["params"]["frequency_hz"] == 100.0


def test_the_mains_frequency_changes_no_node_without_a_notch():
    nodes = {"n": node("RawG")}

    assert resolve(nodes, line_frequency_hz=50)[0] == resolve(nodes, line_frequency_hz=60)[0]


@pytest.mark.parametrize("name", ["PC0/", "PC0_"])
def test_a_store_may_be_called_as_in_the_block_or_as_its_folder(name):
    graph, problems = resolve({"mep": node("RawG", name, steps=[_evoked()])})

    assert problems == []
    assert graph.nodes[0]["inputs"][1]["dataset"] == "PC0_"


def _evoked():
    return {"evoked": {"window_s": [-0.01, 0.04], "response_s": [0.004, 0.03]}}
