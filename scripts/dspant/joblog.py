"""The log of one job: what it did, and where it failed, with the versions that matter."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("dspant")


@contextmanager
def job_log(path: str | Path) -> Iterator[None]:
    """Log to a file; an error ends the log with versions and traceback, and the job with 1.

    The last line is the error's own text, since that is what the user has to act on.
    """
    logging.captureWarnings(capture=True)
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        encoding="utf-8",
    )
    try:
        yield
    except Exception:
        from dspant.dataset.provenance import versions

        stated = ", ".join(f"{name} {version}" for name, version in versions().items())
        log.info("failed with %s", stated)
        log.exception("this is why:")
        logging.shutdown()
        sys.exit(1)
