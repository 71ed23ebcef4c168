"""The log of one job: what it did, and where it failed, with the versions that matter."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dspant.alone import alone, end_with_parent

log = logging.getLogger("dspant")


@contextmanager
def job_log(path: str | Path) -> Iterator[None]:
    """Log to a file; an error ends the log with versions and traceback, and the job with 1.

    The last line is the error's own text, since that is what the user has to act on. As long as
    a job lives, another one with the same log, which so makes the same files, waits.
    """
    end_with_parent()
    logging.captureWarnings(capture=True)
    with alone(_lock(Path(path))):
        logging.basicConfig(
            handlers=[_handler(path)],
            level=logging.INFO,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        try:
            yield
        except Exception:
            from dspant.dataset.surroundings import versions

            stated = ", ".join(f"{name} {version}" for name, version in versions().items())
            log.info("failed with %s", stated)
            log.exception("this is why:")
            logging.shutdown()
            sys.exit(1)


def _lock(path: Path) -> Path:
    """A file of its own, since Snakemake deletes a log before it starts the job again."""
    return path.with_name(f".{path.stem}.lock")


def _handler(path: str | Path) -> logging.Handler:
    try:
        return _LogFile(path, mode="w", encoding="utf-8")
    except OSError:
        return logging.StreamHandler()


class _LogFile(logging.FileHandler):
    """Sends to the terminal what the disk does not take."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        sys.stderr.write(self.format(record) + "\n")
