"""What every rule must have, and what Snakemake itself says of the workflow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clone import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

SCRIPTS = sorted((REPOSITORY / "scripts").glob("*.py"))
SOURCES = [REPOSITORY / "Snakefile", *sorted((REPOSITORY / "rules").glob("*.smk"))]


def test_snakemake_lint_finds_nothing(finished):
    done = finished.snakemake("--lint")

    assert done.returncode == 0, done.stdout + done.stderr


def test_snakefmt_changes_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", *map(str, SOURCES)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_snakefile_is_short():
    assert len((REPOSITORY / "Snakefile").read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.parametrize(
    "script", sorted((REPOSITORY / "scripts").glob("*.py")), ids=lambda p: p.name
)
def test_scripts_open_call_and_write_in_30_lines(script):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 30


def test_planning_loads_no_array_library(finished):
    code = (
        "import sys\n"
        "from dspant.config import load_plan\n"
        "import yaml\n"
        "load_plan(yaml.safe_load(open('config/config.yaml')), ['config/config.yaml'])\n"
        "print(sorted({'numpy', 'pyarrow', 'scipy', 'pandas', 'dask'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=finished.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_every_job_left_a_log_and_a_benchmark(finished, demo):
    rules = ["ingest", "report_recording", *(f"node_{name}" for name in demo["nodes"])]
    for rule in rules:
        assert (finished.root / f"logs/demo/rec01/{rule}.log").is_file()
        assert (finished.root / f"benchmarks/demo/rec01/{rule}.tsv").is_file()


def test_jobs_stayed_within_the_memory_they_declared(finished, demo):
    done = finished.run("--dry-run", "--forceall")
    declared = {}
    rule = None
    for line in (done.stdout + done.stderr).splitlines():
        if line.strip().startswith("rule "):
            rule = line.split()[1].rstrip(":")
        elif "mem_mb=" in line and rule:
            declared[rule] = int(line.split("mem_mb=")[1].split(",")[0])
    for rule in ("ingest", "report_recording", *(f"node_{name}" for name in demo["nodes"])):
        header, values = (
            (finished.root / f"benchmarks/demo/rec01/{rule}.tsv").read_text().splitlines()
        )
        row = dict(zip(header.split("\t"), values.split("\t"), strict=True))
        if row["max_rss"] not in {"-", "NA"}:
            assert float(row["max_rss"]) <= declared[rule], rule


def test_a_failed_job_says_why_at_the_end_of_its_log(finished, demo):
    config = demo | {"experiment": "fails", "recordings": "config/two.tsv"}
    config["stores"] = demo["stores"] | {"Raww": {"kind": "stream", "unit": "V"}}
    path = finished.write_config("fails.yaml", config)

    done = finished.snakemake("results/fails/rec01/block.json", "--configfile", path)

    log = (finished.root / "logs/fails/rec01/ingest.log").read_text(encoding="utf-8")
    assert done.returncode == 1
    assert "Traceback" in log
    assert "numpy" in log
    assert "Raww" in log.splitlines()[-1]
    assert "RawG" in log.splitlines()[-1]
    assert not finished.results("fails", "rec01", "RawG.ant").exists()


def test_snakemakes_own_report_can_be_made(finished, tmp_path):
    page = tmp_path / "snakemake.html"

    finished.run("--report", str(page))

    assert "report_recording" in page.read_text(encoding="utf-8")


def test_the_readmes_picture_is_the_demos_graph(finished, monkeypatch):
    from dspant.report.dag import draw

    monkeypatch.chdir(finished.root)

    shipped = (REPOSITORY / "resources" / "dag.svg").read_text(encoding="utf-8")
    assert draw("config/config.yaml") == shipped, "run make dag"
