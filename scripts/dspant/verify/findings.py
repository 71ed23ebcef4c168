"""What came of making one dataset again, as it goes from the jobs to the table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dspant.dataset.atomic import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dspant.verify.differences import Difference

EQUAL = "equal"
DIFFERS = "differs"
OUTDATED = "outdated"
FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One dataset, or one channel or column of it where it differs.

    Parameters
    ----------
    result
        ``equal``; ``differs``: what is there is not what is made of the inputs now; ``outdated``:
        it was made with other settings or of other inputs, so the workflow has to run first;
        ``failed``: it could not be made again, or is not there.
    digest
        Of the values that are there.
    place, first_s, values, largest, unit
        Of what differs, see :class:`~dspant.verify.differences.Difference`; else None.
    remark
        What else there is to say.
    """

    recording: str
    dataset: str
    result: str
    digest: str | None = None
    place: str | None = None
    first_s: float | None = None
    values: int | None = None
    largest: float | None = None
    unit: str | None = None
    remark: str = ""

    def with_difference(self, difference: Difference) -> Finding:
        return Finding(**(asdict(self) | asdict(difference)))


def write_findings(path: Path | str, findings: Sequence[Finding]) -> None:
    write_json(Path(path), [asdict(finding) for finding in findings])


def read_findings(path: Path | str) -> list[Finding]:
    import json

    return [Finding(**stated) for stated in json.loads(Path(path).read_text(encoding="utf-8"))]
