"""Jobs that a change of the demo's config would run, where two recordings are finished."""

from __future__ import annotations

from clone import Clone

EXPERIMENT_PAGE = {("report_experiment", "")}


def changed(clone: Clone, config: dict) -> set[tuple[str, str]]:
    """Jobs that Snakemake plans for a changed config."""
    return clone.planned("--configfile", clone.write_config("changed.yaml", config))


def of_both(*rules: str) -> set[tuple[str, str]]:
    return {(rule, recording) for rule in rules for recording in ("rec01", "rec02")}
