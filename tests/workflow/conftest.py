from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from small_experiment import copied, last_of, prepared

from clone import Clone
from dspant.simulate.recording import simulate
from dspant.simulate.spec import parse_spec
from dspant.simulate.tank import make_tank

SHORT = {"duration_s": 20.0, "fs_hz": 24414.0625, "airflow_fs_hz": 1017.2526}


@pytest.fixture(scope="session")
def tank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short simulated blocks, rec01 to rec03."""
    folder = tmp_path_factory.mktemp("raw") / "tank"
    specs = {
        f"rec{number:02}": parse_spec({"seed": number, **SHORT}, where="tests")
        for number in (1, 2, 3)
    }
    for _ in make_tank(specs, folder):
        pass
    return folder


@pytest.fixture(scope="session")
def truth():
    """What was put into each simulated recording."""
    return {n: simulate(parse_spec({"seed": n, **SHORT}, where="tests")).truth for n in (1, 2)}


@pytest.fixture(scope="session")
def demo() -> dict:
    """The demo's config, as shipped."""
    from clone import REPOSITORY

    return yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tank: Path, demo: dict) -> Clone:
    """A clone in which the demo's graph was run on two recordings; tests leave it as it is."""
    clone = Clone.into(tmp_path_factory.mktemp("clone"))
    rows = [{"recording": n, "block": str(tank / n)} for n in ("rec01", "rec02")]
    sheet = clone.write_sheet("two.tsv", rows)
    clone.write_config("config.yaml", demo | {"recordings": sheet})
    clone.run()
    return clone


@pytest.fixture
def config(finished: Clone) -> dict:
    """The config that was run in ``finished``; changes to it stay in the test."""
    return yaml.safe_load((finished.root / "config" / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def small_finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the small experiment's datasets were made; tests take copies of it."""
    clone = prepared(tmp_path_factory.mktemp("small"))
    clone.run(last_of())
    return clone


@pytest.fixture
def small(small_finished: Clone, tmp_path: Path) -> Clone:
    """A copy, for one test, of a clone in which the small experiment's datasets were made."""
    return copied(small_finished, tmp_path / "clone")
