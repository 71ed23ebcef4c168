"""A submission that fails: the page of what there is names the job of it that failed."""

from __future__ import annotations

import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from cluster import Cluster
from test_slurm_cluster import command

from conftest import clone_in
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import EpocStore

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("slurm")]


def test_the_page_names_the_job_that_failed_and_not_those_submitted_with_it(
    cluster: Cluster, tmp_path: Path, tank: Path
) -> None:
    mine = shutil.copytree(tank, tmp_path / "tank")
    shutil.rmtree(mine / "rec02")
    strobes = EpocStore("AmpA", [1.0, 2.0], [10.0, 20.0])
    write_block(mine / "rec02", tank="tank", start_unix_s=1.5e9, streams=[], epocs=[strobes])
    (tmp_path / "clone").mkdir()
    clone = clone_in(tmp_path / "clone", mine)

    done = subprocess.run(
        command("--retries", "0"),
        cwd=clone.root,
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    text = unescape(clone.results("demo", "report.html").read_text(encoding="utf-8"))
    assert "✕ ingest" in text
    assert "✕ node_" not in text
    assert "store 'RawG' is not in the block" in text
    assert 'href="rec01/report.html#mep"' in text
