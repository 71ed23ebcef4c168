"""Make one node's dataset from its inputs."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.clock import forget_future_times
    from dspant.engine.node import make_node

    forget_future_times(snakemake.output, snakemake.input)
    make_node(
        snakemake.params.spec,
        snakemake.input.metadata,
        snakemake.output.metadata,
        threads=snakemake.threads,
        rule=snakemake.rule,
    )
