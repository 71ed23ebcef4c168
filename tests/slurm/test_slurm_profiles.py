"""Profiles say nothing that Snakemake or its Slurm executor does not know."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.cli import get_argument_parser

from clone import REPOSITORY

PLUGIN = "snakemake_executor_plugin_slurm"

needs_plugin = pytest.mark.skipif(
    importlib.util.find_spec(PLUGIN) is None, reason="envs/slurm.txt is not installed"
)
PROFILES = ["default", pytest.param("slurm", marks=needs_plugin)]


def file_of(profile: str) -> Path:
    return REPOSITORY / "profiles" / profile / "config.yaml"


def said(profile: str) -> dict[str, Any]:
    return yaml.safe_load(file_of(profile).read_text(encoding="utf-8"))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_line_is_an_option_that_takes_this_value(profile: str) -> None:
    parser = get_argument_parser([str(file_of(profile).parent)])
    taken = vars(parser.parse_args([]))
    known = {option for action in parser._actions for option in action.option_strings}

    for key, value in said(profile).items():
        assert f"--{key}" in known
        if isinstance(value, bool | int | str):
            assert taken[key.replace("-", "_")] == value


def test_a_line_that_is_no_option_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("retreis: 2\n", encoding="utf-8")

    with pytest.raises(SystemExit):
        get_argument_parser([str(tmp_path)]).parse_args([])


def test_the_clusters_profile_says_all_that_the_default_one_does() -> None:
    assert said("default").items() <= said("slurm").items()


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_every_line_is_explained(profile: str) -> None:
    before = ""
    for line in file_of(profile).read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z-]+:", line) and line.split(":")[0] not in {"printshellcmds"}:
            assert before.startswith("#") or line == "default-resources:", line
        before = line


@needs_plugin
def test_the_executor_reads_the_overhead_that_jobs_are_given() -> None:
    from types import SimpleNamespace

    from dspant.config.workflow import _overhead_mb

    options = get_argument_parser([str(file_of("slurm").parent)]).parse_args([])
    settings = SimpleNamespace(default_resources=options.default_resources)

    stated = said("slurm")["default-resources"]["overhead_mb"]
    assert _overhead_mb(SimpleNamespace(resource_settings=settings)) == stated > 0
