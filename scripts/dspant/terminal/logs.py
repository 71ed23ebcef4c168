"""What a job's log tells: how far the job is, what it warned of, why it failed."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

TAIL_BYTES = 65536
"""No more than this is read of a log, from its end."""

_SHARE = re.compile(r"\((\d+) %\)$", re.MULTILINE)
_WARNING = re.compile(r"^\S+ \S+ WARNING \S+: (.+)$", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last):\n"
_ERROR = re.compile(r"^(?:\w+\.)*(\w+(?:: .*)?)$", re.MULTILINE | re.DOTALL)


def share_done(log: str) -> float | None:
    """How much of its work a running job says it has done, from 0 to 1."""
    found = _SHARE.findall(_tail(log, 4096))
    return min(int(found[-1]) / 100, 1.0) if found else None


def warnings(log: str) -> list[str]:
    """What a job warned of, each once."""
    return list(dict.fromkeys(_WARNING.findall(_tail(log))))


def reason(log: str) -> str | None:
    """The error that ended a job, with its type; None where the log ends without one."""
    _, found, last = _tail(log).rpartition(_TRACEBACK)
    if not found:
        return None
    lines = last.rstrip().split("\n")
    first = next((i for i, line in enumerate(lines) if line and not line[0].isspace()), None)
    if first is None:
        return None
    error = _ERROR.match("\n".join(lines[first:]))
    return error[1] if error else lines[first]


def last_line(log: str) -> str:
    """The last thing a job said; empty where it said nothing."""
    lines = _tail(log).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def written_since(log: str, since: datetime) -> bool:
    """Whether a log is of this run, and not left from an earlier one."""
    try:
        return Path(log).stat().st_mtime >= since.timestamp()
    except OSError:
        return False


def made_since(provenance: str, since: datetime) -> bool:
    """Whether a dataset was computed in this run, and not put back as it was before."""
    try:
        stated = json.loads(Path(provenance).read_text(encoding="utf-8"))
        return datetime.fromisoformat(stated["start"]) >= since
    except (OSError, ValueError, KeyError, TypeError):
        return True


def _tail(log: str, most: int = TAIL_BYTES) -> str:
    if not log:
        return ""
    try:
        with Path(log).open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(max(size - most, 0))
            return opened.read().decode("utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
