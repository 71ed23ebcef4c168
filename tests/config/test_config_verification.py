"""What ``--config verify=...`` chooses, and what each job is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dspant.config.verification import plan_verification, without_choice
from dspant.errors import ConfigError

ALL = ("ingest", "node_filtered", "node_envelope", "node_mep")


def files(*jobs: tuple[str, str]) -> list[str]:
    return [f"results/demo/{recording}/.verify/{job}.json" for recording, job in jobs]


@pytest.mark.parametrize(
    ("choice", "jobs"),
    [
        (None, [(r, job) for r in ("rec01", "rec02") for job in ALL]),
        ("rec02", [("rec02", job) for job in ALL]),
        ("envelope", [("rec01", "node_envelope"), ("rec02", "node_envelope")]),
        ("AmpA", [("rec01", "ingest"), ("rec02", "ingest")]),
        ("rec01/mep", [("rec01", "node_mep")]),
        ("rec01/mep, rec02/RawG", [("rec01", "node_mep"), ("rec02", "ingest")]),
        (["rec01/mep", "rec01/mep"], [("rec01", "node_mep")]),
    ],
)
def test_names_choose_jobs(house, choice, jobs):
    assert plan_verification(house.load(), choice).findings() == files(*jobs)


def test_all_names_that_mean_nothing_are_listed(house):
    with pytest.raises(ConfigError) as refused:
        plan_verification(house.load(), ["rec01/filterd", "rec01", "nothing/at/all"])

    assert len(refused.value.problems) == 2
    assert "did you mean 'rec01/filtered'" in refused.value.problems[0]


def test_a_job_is_told_the_inputs_of_its_recording(house):
    house.write(("from: [filtered, AmpA]", "from: [filtered, {node: AmpA, recording: mvc}]"))
    verification = plan_verification(house.load())

    mep = SimpleNamespace(recording="rec01", node="mep")

    assert verification.inputs(mep) == [
        "results/demo/rec01/filtered.ant/metadata_filtered.json",
        "results/demo/rec02/AmpA.ant/metadata_AmpA.json",
    ]
    assert verification.dataset(mep) == "results/demo/rec01/mep.ant"
    assert verification.spec(mep)["node"] == "mep"


def test_the_choice_is_no_part_of_the_experiment():
    assert without_choice({"experiment": "demo", "verify": "rec01"}) == {"experiment": "demo"}


def test_no_two_verifications_are_the_same(house):
    plan = house.load()
    assert plan_verification(plan).asked != plan_verification(plan).asked
