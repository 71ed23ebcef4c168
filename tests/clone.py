"""A clone of the workflow with recordings of its own, run as a user runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[1]
PARTS = ("Snakefile", "config", "rules", "scripts", "envs", "profiles", "resources")

_JOB = re.compile(r"^ *(?:local)?rule (\w+):$")
_WILDCARDS = re.compile(r"^ +wildcards: recording=(\S+)$")


@dataclass(frozen=True)
class Clone:
    """A folder with the workflow in it."""

    root: Path

    @classmethod
    def into(cls, root: Path) -> Clone:
        ignored = shutil.ignore_patterns("__pycache__", "tank", "*.egg-info")
        for part in PARTS:
            source = REPOSITORY / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=ignored)
            else:
                shutil.copy2(source, root / part)
        return cls(root)

    def write_sheet(self, name: str, rows: list[dict[str, str]]) -> str:
        """Write a sheet into ``config/``; gives its path as a config names it."""
        lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
        (self.root / "config" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"config/{name}"

    def write_config(self, name: str, config: dict[str, Any]) -> str:
        """Write an experiment into ``config/``; gives its path for ``--configfile``."""
        text = yaml.safe_dump(config, sort_keys=False)
        (self.root / "config" / name).write_text(text, encoding="utf-8")
        return f"config/{name}"

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run, and show everything where it fails."""
        done = self.snakemake(*arguments)
        if done.returncode:
            raise AssertionError(f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done

    def planned(self, *arguments: str) -> set[tuple[str, str]]:
        """Jobs of a dry run: rule and recording (empty for a job of the whole experiment)."""
        done = self.run("--dry-run", *arguments)
        jobs: list[tuple[str, str]] = []
        for line in (done.stdout + done.stderr).splitlines():
            if rule := _JOB.match(line):
                jobs.append((rule[1], ""))
            elif wildcards := _WILDCARDS.match(line):
                jobs[-1] = (jobs[-1][0], wildcards[1])
        return set(jobs) - {("all", "")}

    def results(self, *parts: str) -> Path:
        return self.root.joinpath("results", *parts)
