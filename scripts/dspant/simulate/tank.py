"""Make the recordings of a description file as blocks of one tank, with their truth beside."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from dspant.simulate.errors import SimulationError
from dspant.simulate.recording import simulate
from dspant.simulate.spec import SimulationSpec, parse_spec
from dspant.simulate.tdt_block import write_block

DIGEST_KEY = b"dspant.simulation"


def read_specs(path: Path) -> dict[str, SimulationSpec]:
    """Return the specs of a description file by recording name.

    The file has ``recordings``, a mapping of names to values of SimulationSpec, and ``defaults``,
    the values that all recordings share. Raises SimulationError naming file, key and value.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SimulationError(
            f"{path}: cannot be read as YAML ({error}); expected 'defaults' and 'recordings'"
        ) from error
    if not isinstance(document, Mapping) or set(document) - {"defaults", "recordings"}:
        raise SimulationError(f"{path}: expected a mapping with 'defaults' and 'recordings' only")
    defaults = _mapping(document.get("defaults") or {}, f"{path}: defaults")
    recordings = _mapping(document.get("recordings") or {}, f"{path}: recordings")
    if not recordings:
        raise SimulationError(f"{path}: 'recordings' is empty; expected one name or more")
    specs = {}
    for name, overrides in recordings.items():
        where = f"{path}: recordings.{name}"
        _check_recording_name(name, where)
        specs[name] = parse_spec({**defaults, **_mapping(overrides or {}, where)}, where=where)
    return specs


def make_tank(specs: Mapping[str, SimulationSpec], tank: Path) -> Iterator[tuple[str, bool]]:
    """Write each recording to ``<tank>/<name>/`` and ``<tank>/<name>_truth.parquet``.

    Yields (name, made) as each is done; a recording made before from an equal spec is left alone.
    """
    for name, spec in specs.items():
        made = not _is_made(tank, name, spec)
        if made:
            _make_recording(tank, name, spec)
        yield name, made


def truth_path(tank: Path, name: str) -> Path:
    """Return where the truth about a recording is kept: beside its block, never inside."""
    return tank / f"{name}_truth.parquet"


def _is_made(tank: Path, name: str, spec: SimulationSpec) -> bool:
    path = truth_path(tank, name)
    if not (path.is_file() and (tank / name).is_dir()):
        return False
    return (pq.read_schema(path).metadata or {}).get(DIGEST_KEY) == spec.digest.encode()


def _make_recording(tank: Path, name: str, spec: SimulationSpec) -> None:
    simulation = simulate(spec)
    truth = simulation.truth.replace_schema_metadata({DIGEST_KEY: spec.digest})
    block, truth_file = tank / name, truth_path(tank, name)
    tank.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=tank) as scratch:
        partial = write_block(
            Path(scratch) / name,
            tank=tank.resolve().name,
            start_unix_s=spec.start_unix_s,
            streams=simulation.streams,
            epocs=simulation.epocs,
        )
        partial_truth = Path(scratch) / truth_file.name
        pq.write_table(truth, partial_truth)
        # The truth says that a recording is made, so it goes first and comes last.
        truth_file.unlink(missing_ok=True)
        if block.exists():
            shutil.rmtree(block)
        partial.replace(block)
        partial_truth.replace(truth_file)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SimulationError(f"{where}: expected a mapping, found {value!r}")
    return value


def _check_recording_name(name: object, where: str) -> None:
    allowed = isinstance(name, str) and name.replace("_", "").replace("-", "").isalnum()
    if not allowed:
        raise SimulationError(
            f"{where}: {name!r} cannot name a block folder; expected letters, digits, '-' and '_'"
        )
