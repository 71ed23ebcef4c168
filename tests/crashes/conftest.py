from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kills import LAST_DATASET, Killed
from soundness import datasets

from clone import Clone


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A small workflow that was run undisturbed with two configs, the second one last."""
    made = Killed(tmp_path_factory.mktemp("killed"), variants=2)
    shutil.copytree(made.clone.root, made.clone.root.with_name("finished"))
    return made


@pytest.fixture
def finished_run(killed: Killed, tmp_path: Path) -> Clone:
    """A copy of the workflow as its last undisturbed run left it."""
    return Clone(shutil.copytree(killed.clone.root.with_name("finished"), tmp_path / "clone"))


@pytest.fixture
def last(killed: Killed) -> tuple[str, ...]:
    """Arguments of a run of the last undisturbed run's config, without reports."""
    return LAST_DATASET, "--configfile", list(killed.configs.values())[-1]


@pytest.fixture
def expected(killed: Killed) -> dict[str, str]:
    """Datasets that the last undisturbed run made."""
    return datasets(list(killed.expected.values())[-1])


@pytest.fixture
def small_disk(finished_run: Clone) -> Iterator[Path]:
    """The results folder of ``finished_run``, empty, as a disk of its own of 300 kB."""
    place = finished_run.results()
    shutil.rmtree(place)
    place.mkdir()
    if shutil.which("mount") is None or not mounted(place, "-t", "tmpfs", "-o", "size=300k"):
        pytest.skip("a disk to fill can only be mounted by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def mounted(place: Path, *options: str) -> bool:
    """Whether a file system of no device could be mounted so."""
    command = ["mount", *options, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
