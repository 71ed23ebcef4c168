"""Write the table of all that was made again; fails where something is not as it was."""

import sys

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.verify.table import write_table

    sys.stdout.write(write_table(snakemake.input, snakemake.params.table) + "\n")
