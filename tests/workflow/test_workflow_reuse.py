"""The workflow in other hands: as a module, from another folder, out of a read-only clone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from small_experiment import CONFIG, NODES, dataset, digests, last_of, prepared, undisturbed

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("small")]

OUTER = """\
configfile: "config/lab.yaml"


rule all:
    input:
        "rows.txt",


module dsp:
    snakefile:
        "{snakefile}"
    config:
        config["dsp"]
    prefix:
        "signals"


use rule * from dsp as dsp_*


rule name_rows:
    input:
        "signals/results/small/rec01/courses.ant/data_courses.parquet",
    output:
        "rows.txt",
    shell:
        "echo {{input}} > {{output}}"
"""

READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, str]:
    """Digests of the small experiment, made by the library alone."""
    clone = prepared(tmp_path_factory.mktemp("alone"))
    block = clone.root / "tank" / "rec01"
    sheet = clone.write_sheet("absolute.tsv", [{"recording": "rec01", "block": str(block)}])
    config = CONFIG | {"recordings": str(clone.root / sheet)}
    return undisturbed(config, block, clone.root / "alone")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone without an experiment of its own; sheet and raw files are in ``tmp_path/lab``."""
    clone = prepared(tmp_path / "clone")
    lab = tmp_path / "lab"
    (lab / "config").mkdir(parents=True)
    (clone.root / "tank").rename(lab / "tank")
    (clone.root / "config" / "small.tsv").rename(lab / "config" / "small.tsv")
    shutil.rmtree(clone.root / "config")
    return clone


def as_module(clone: Clone) -> Clone:
    """A workflow of the lab's own that takes the clone's rules, with the config as a section."""
    lab = Clone(clone.root.parent / "lab")
    lab.write_config("lab.yaml", {"rows": "all", "dsp": CONFIG})
    snakefile = OUTER.format(snakefile=clone.root / "Snakefile")
    (lab.root / "Snakefile").write_text(snakefile, encoding="utf-8")
    return lab


def test_as_a_module_with_a_prefix(clone, expected):
    lab = as_module(clone)

    lab.run()

    made = lab.root / "signals" / "results" / "small" / "rec01"
    rule = json.loads((made / "filtered.ant/provenance_filtered.json").read_text())["rule"]
    assert (lab.root / "rows.txt").read_text().endswith("data_courses.parquet\n")
    assert digests(made) == expected
    assert rule == "dsp_node_filtered"
    assert {path.name for path in lab.root.iterdir() if not path.name.startswith(".")} == (
        {"Snakefile", "config", "rows.txt", "signals", "tank"}
    )
    assert not clone.results().exists()
    assert lab.planned() == set()


def test_a_mistake_in_a_modules_config_is_named_with_its_line(clone):
    lab = as_module(clone)
    file = lab.root / "config" / "lab.yaml"
    text = file.read_text(encoding="utf-8").replace("cutoff_hz: 20", "cutof_hz: 20")
    file.write_text(text, encoding="utf-8")
    line = 1 + [row.strip() for row in text.splitlines()].index("cutof_hz: 20")

    done = lab.snakemake("--dry-run")

    assert done.returncode == 1
    assert f"config/lab.yaml:{line}: nodes.filtered.steps[0].highpass.cutof_hz" in (
        done.stdout + done.stderr
    )


def test_from_a_read_only_clone_into_another_folder(clone, expected):
    lab = Clone(clone.root.parent / "lab")
    (lab.root / "config" / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    before = tree(clone.root)
    snakefile = str(clone.root / "Snakefile")
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--snakefile", snakefile]

    done = run_read_only(clone.root, [*command, "--directory", str(lab.root), last_of()])

    assert done.returncode == 0, done.stdout + done.stderr
    assert "profiles/default" in done.stdout + done.stderr
    assert digests(lab.results("small", "rec01")) == expected
    assert tree(clone.root) == before
    for rule in ("ingest", *(f"node_{name}" for name in NODES)):
        assert (lab.root / f"logs/small/rec01/{rule}.log").is_file()
    assert dataset(lab, "courses").metadata.is_file()


def tree(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file and folder."""
    return {
        str(path.relative_to(root)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in root.rglob("*")
    }


def run_read_only(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command from a folder elsewhere, while nobody can write below ``root``."""
    if os.geteuid() == 0:
        # Permissions do not stop root; a mount that only this process sees does.
        command = ["unshare", "--mount", "sh", "-c", READ_ONLY, str(root), *command]
        if subprocess.run([*command[:6], "true"], check=False, capture_output=True).returncode:
            pytest.skip("no folder can be made read-only for root here")
    else:
        subprocess.run(["chmod", "-R", "a-w", root], check=True)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    try:
        return subprocess.run(
            command,
            cwd=root.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        if os.geteuid():
            subprocess.run(["chmod", "-R", "u+w", root], check=True)
