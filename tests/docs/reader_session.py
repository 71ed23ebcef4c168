"""Runs the blocks of a page as a reader would: in a clone, in order, in one shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from fenced_blocks import Block, blocks, name_of

from clone import REPOSITORY, Clone

ALSO = ("Makefile", "README.md", "pyproject.toml", "docs")
"""What a reader's clone has besides what the workflow needs."""

LONGEST_S = 600.0


def reader_clone(root: Path) -> Path:
    """A clone that is set up: ``.venv`` is the environment that runs the tests."""
    root.mkdir()
    Clone.into(root)
    for part in ALSO:
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, root / part)
    (root / "build").mkdir()
    venv = root / ".venv"
    venv.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != ".ready":
            (venv / entry.name).symlink_to(entry)
    (venv / ".ready").touch()
    return root


def run_page(page: Path, root: Path) -> None:
    """Run a page's commands, then its Python; raise AssertionError where one fails.

    Commands share a shell, as files and variables of one are used by the next.
    """
    found = blocks(page)
    printed = root / ".printed"
    printed.mkdir()
    commands = list(_commands(found, printed))
    if commands:
        _run_commands(found, commands, root, printed)
        _check_output(found, printed)
    _run_python(page, found, root)


def _commands(found: list[Block], printed: Path) -> list[str]:
    script = ["set -e -o pipefail"]
    for number, block in enumerate(found):
        if "not run" in block.markers:
            continue
        text = _as_commands(block)
        if text:
            script.append(f"echo {number} > '{printed}/at'")
            script.append(f"{{\n{text}\n}} > '{printed}/{number}' 2>&1")
    return script if len(script) > 1 else []


def _as_commands(block: Block) -> str:
    lines = [block.markers["first"]] if "first" in block.markers else []
    for marker, arrow in (("file", ">"), ("append", ">>")):
        if marker in block.markers:
            path = block.markers[marker]
            lines.append(f"mkdir -p \"$(dirname '{path}')\"")
            lines.append(f"cat {arrow} '{path}' <<'END_OF_BLOCK'\n{block.content}END_OF_BLOCK")
    if block.language == "sh" and not {"file", "append"} & set(block.markers):
        lines.append(block.content)
    return "\n".join(lines)


def _run_commands(found: list[Block], commands: list[str], root: Path, printed: Path) -> None:
    done = _run(root, "bash", "-c", "\n".join(commands))
    if done.returncode:
        number = int((printed / "at").read_text())
        said = (printed / str(number)).read_text(encoding="utf-8")
        block = found[number]
        raise AssertionError(f"{block.place} ends with {done.returncode}\n{block.content}\n{said}")


def _check_output(found: list[Block], printed: Path) -> None:
    said = ""
    for number, block in enumerate(found):
        if (printed / str(number)).exists():
            said = (printed / str(number)).read_text(encoding="utf-8")
        if "output" in block.markers:
            lines = {" ".join(line.split()) for line in said.splitlines()}
            shown = [" ".join(line.split()) for line in block.content.splitlines()]
            missing = [line for line in shown if line not in lines]
            assert not missing, f"{block.place}: not printed: {missing}; printed was\n{said}"


def _run_python(page: Path, found: list[Block], root: Path) -> None:
    """Run a page's Python as one program, whose lines are numbered as those of the page."""
    skipped = {"not run", "file", "append"}
    shown = [b for b in found if b.language == "python" and not skipped & set(b.markers)]
    if not shown:
        return
    lines: list[str] = []
    for block in shown:
        lines += [""] * (block.line - 1 - len(lines))
        lines += block.content.splitlines()
    program = root / f"{name_of(page).replace('/', '_')}.py"
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = _run(root, sys.executable, str(program))
    assert done.returncode == 0, f"{name_of(page)}\n{done.stdout}\n{done.stderr}"


def _run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=root,
        env=_environment(root),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def _environment(root: Path) -> dict[str, str]:
    """What a reader has: the clone's own library and its programs."""
    return os.environ | {
        "PATH": f"{root / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root / "scripts"),
        "MPLBACKEND": "Agg",
    }
