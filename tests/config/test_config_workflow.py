"""What a user sees of a wrong config when Snakemake is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import ResourceSettings

from dspant.config.workflow import config_file, plan_for, prepare_jobs

SNAKEFILE = """\
from dspant.config.workflow import config_file, plan_for

if not workflow.overwrite_configfiles:

    configfile: config_file("config/config.yaml")


plan = plan_for(workflow, config)


rule all:
    input:
        plan.sheet.file,
    shell:
        "echo 'experiment {plan.paths.experiment} of' {plan.datasets}"
"""


class Started:
    """Stands for Snakemake's workflow object."""

    def __init__(self, *configfiles: Path) -> None:
        self.configfiles = list(configfiles)
        self.resource_settings = ResourceSettings()


def test_a_sound_config_is_a_plan(house):
    import yaml

    config = yaml.safe_load(house.config.read_text(encoding="utf-8"))

    assert plan_for(Started(house.config), config).recordings == ("rec01", "rec02")


def test_problems_become_the_error_that_snakemake_prints_plainly(house):
    with pytest.raises(WorkflowError, match=r"config/config\.yaml: experiment: missing key"):
        plan_for(Started(house.config), {"recordings": "config/recordings.tsv"})


def test_a_default_config_that_is_no_yaml_is_named_with_its_line(house):
    house.config.write_text("a: 1\n\tb: 2\n", encoding="utf-8")

    with pytest.raises(WorkflowError, match=r"config/config\.yaml:2: not valid YAML"):
        config_file("config/config.yaml")


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.workflow
def test_a_wrong_config_ends_snakemake_with_its_lines_and_no_traceback(house):
    (house.root / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    house.write(("order: 2", "ordre: 2"), ("unit: V", "unit: ''"))

    run = snakemake(house.root, "-n")

    assert run.returncode == 1
    seen = run.stdout + run.stderr
    assert "2 problems in the configuration:\n  config/config.yaml:5: stores.RawG.unit" in seen
    assert "did you mean 'order'?" in seen
    assert "Traceback" not in seen


@pytest.mark.workflow
def test_a_config_of_ones_own_replaces_the_default(house):
    (house.root / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    house.write(("experiment: demo", "experiment: own"), ("  envelope:", "  slow:"))
    own = house.config.rename(house.root / "own.yaml")
    house.write()

    run = snakemake(house.root, "--configfile", str(own), "--config", "line_frequency_hz=50")

    assert run.returncode == 0, run.stderr
    assert "experiment own of RawG AmpA filtered slow mep" in run.stdout


@pytest.mark.workflow
def test_one_key_from_the_command_line_extends_the_default(house):
    (house.root / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")

    run = snakemake(house.root, "--config", "experiment=other")

    assert run.returncode == 0, run.stderr
    assert "experiment other of RawG AmpA filtered envelope mep" in run.stdout


@pytest.mark.parametrize("folder", ["my lab", "lab (old)", "it's", "R&D"])
def test_a_python_that_jobs_could_not_be_started_with_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setattr(sys, "executable", f"/home/ann/{folder}/.venv/bin/python")
    with pytest.raises(WorkflowError, match=r"several words; move the clone to a path without"):
        prepare_jobs("scripts")


def test_letters_of_any_language_in_the_path_of_python_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(sys, "executable", "/home/ann/Größe-2.0_ü/.venv/bin/python")
    prepare_jobs("scripts")
    assert os.environ["PYTHONPATH"].startswith("scripts")
