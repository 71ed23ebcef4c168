"""Snakemake's own ``--touch`` without its pause of 0.1 s a job: arguments as for ``snakemake``."""

import sys

from snakemake.cli import main
from snakemake.executors.touch import Executor

Executor.SLEEPING_TIME = 0

if __name__ == "__main__":
    main(["--touch", "--forceall", *sys.argv[1:]])
