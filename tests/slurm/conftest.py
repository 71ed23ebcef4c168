from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster import Cluster, why_not
from same_results import results

from clone import REPOSITORY, Clone
from dspant.simulate.spec import parse_spec
from dspant.simulate.tank import make_tank

SHORT = {"duration_s": 8.0, "fs_hz": 24414.0625, "airflow_fs_hz": 1017.2526}
RECORDINGS = ("rec01", "rec02")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of this machine alone; after it nothing is left of it."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("envs/slurm.txt is not installed; make slurm-test does so, in build/slurm")
    if reason := why_not():
        pytest.skip(reason)
    with Cluster() as started:
        yield started
    assert started.processes() == []


@pytest.fixture(scope="session")
def tank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short simulated blocks."""
    folder = tmp_path_factory.mktemp("raw") / "tank"
    specs = {
        name: parse_spec({"seed": seed, **SHORT}, where="tests")
        for seed, name in enumerate(RECORDINGS, 1)
    }
    for _ in make_tank(specs, folder):
        pass
    return folder


@pytest.fixture
def clone(tmp_path: Path, tank: Path) -> Clone:
    """A clone of the workflow in which the demo's graph is to be made of the two recordings."""
    return clone_in(tmp_path, tank)


@pytest.fixture(scope="session")
def made_here(tmp_path_factory: pytest.TempPathFactory, tank: Path) -> dict[str, bytes]:
    """Results of the same, made without a cluster."""
    made = clone_in(tmp_path_factory.mktemp("here"), tank)
    made.run()
    return results(made)


def clone_in(folder: Path, tank: Path) -> Clone:
    made = Clone.into(folder)
    demo = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))
    rows = [{"recording": name, "block": str(tank / name)} for name in RECORDINGS]
    sheet = made.write_sheet("two.tsv", rows)
    made.write_config("config.yaml", demo | {"recordings": sheet})
    return made
