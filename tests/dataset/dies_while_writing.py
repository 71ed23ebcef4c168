"""Dies without warning at the n-th step of writing, or of putting back, for every n.

``python dies_while_writing.py folder write|put_back`` prints how many deaths left a sound folder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
from small_datasets import header_of

from dspant.dataset.folder import DatasetFolder
from dspant.dataset.provenance import Provenance
from dspant.dataset.publish import kept_provenance, put_back
from dspant.dataset.stream import Stream
from dspant.dataset.stream_writer import StreamWriter

STEPS = [
    (os, "fsync"),
    (os, "link"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "write_text"),
    (pq.ParquetWriter, "write_table"),
    (pq.ParquetWriter, "close"),
]


def values(content: str) -> np.ndarray:
    return np.full((2, 1000), ord(content), dtype="float32")


def write(folder: DatasetFolder, content: str) -> None:
    header = header_of(folder.name, values(content), node=content)
    with StreamWriter(folder, header, "none") as writer:
        writer.write(values(content))
        writer.finish(Provenance(made_from=content))


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Run ``work`` in a child that is gone at the given step; whether it came so far."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    taken = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == step:
                os._exit(9)
            return original(*args, **kwargs)

        return call

    for owner, name in STEPS:
        patch.object(owner, name, counted(getattr(owner, name))).start()
    work()
    os._exit(0)


def check(folder: DatasetFolder, aside: Path) -> None:
    """Whatever looks finished is whole, and so is what is kept for later."""
    if folder.metadata.exists():
        stream = Stream(folder.path)
        stream.verify()
        content = stream.metadata.dspant.node
        assert np.array_equal(stream.read(), values(content))
        assert json.loads(folder.provenance.read_text())["made_from"] == content
    promised = kept_provenance(folder).get("made_from")
    if promised is not None:
        copy = DatasetFolder(aside / folder.path.name)
        shutil.rmtree(copy.path, ignore_errors=True)
        shutil.copytree(folder.kept, copy.path)
        stream = Stream(copy.path)
        stream.verify()
        assert stream.metadata.dspant.node == promised
        assert np.array_equal(stream.read(), values(promised))


def main(place: Path, what: str) -> int:
    folder = DatasetFolder(place / "Raw.ant")
    for step in range(1, 100):
        shutil.rmtree(folder.path, ignore_errors=True)
        write(folder, "A")
        work = (lambda: write(folder, "B")) if what == "write" else (lambda: put_back(folder))
        died = killed_at(step, work)
        check(folder, place / "aside")
        if not died:
            write(folder, "C")
            check(folder, place / "aside")
            return step - 1
        write(folder, "C")
        check(folder, place / "aside")
        assert Stream(folder.path).metadata.dspant.node == "C"
    raise AssertionError("never came to an end")


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), sys.argv[2])}\n")
