"""Read a recording's raw block once and write every declared store as a dataset."""

from pathlib import Path

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.clock import forget_future_times
    from dspant.readers.ingest import ingest

    forget_future_times(snakemake.output)
    ingest(
        snakemake.params.block,
        snakemake.params.spec,
        Path(snakemake.output.block).parent,
        rule=snakemake.rule,
    )
