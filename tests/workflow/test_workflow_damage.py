"""A damaged result is found when read, named, and mended by the command that the message names."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from small_experiment import NODES, dataset, digests, last_of, log

from clone import Clone
from dspant.dataset.stream import Stream
from dspant.errors import DigestError

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("small")]


def flip_in_place(file: Path) -> None:
    """Change one bit amid the values, in the file on disk that all links share."""
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        value = opened.read(1)[0]
        opened.seek(-1, 1)
        opened.write(bytes([value ^ 0x10]))


def cut_in_place(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(2 * file.stat().st_size // 3)


def follow(clone: Clone, message: str) -> str:
    """Run the command that the message names, as it stands; gives the command."""
    command = re.search(r"make it again with: (.*)", message)[1]
    subprocess.run(shlex.split(command), cwd=clone.root, capture_output=True, check=True)
    return command


CASES = {
    "a flipped bit of a node's result": ("filtered", flip_in_place, "was altered", "node_filtered"),
    "a raw store cut short": ("RawG", cut_in_place, "is not a whole Parquet file", "ingest"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_command_in_the_message_mends_it(small, case):
    name, damage, words, rule = CASES[case]
    expected = digests(small.results("small", "rec01"))
    damage(dataset(small, name).data)
    for below in NODES[NODES.index(name) + 1 if name in NODES else 0 :]:
        shutil.rmtree(dataset(small, below).path)

    done = small.snakemake(last_of())
    message = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"results/small/rec01/{name}.ant/data_{name}.parquet {words}" in message
    command = follow(small, message)

    assert command.endswith(f" -R {rule}")
    assert f"{name}.ant: its last result is damaged" in log(small, rule)
    assert digests(small.results("small", "rec01")) == expected


def test_a_notebook_names_the_command_that_made_the_dataset(small):
    folder = dataset(small, "envelope")
    flip_in_place(folder.data)

    with pytest.raises(DigestError, match=rf"snakemake .*{last_of()} -R node_envelope$"):
        Stream(folder.path).read()
