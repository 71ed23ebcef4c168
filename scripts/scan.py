"""Walk a tank: write a sheet, a draft of the config, and a table of what is odd."""

import sys

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.readers.scan import scan
    from dspant.readers.tank import plan_scan

    sys.stdout.write(scan(plan_scan(snakemake.params.tank)) + "\n")
