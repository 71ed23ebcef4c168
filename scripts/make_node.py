"""Make one node's dataset from its inputs."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.engine.node import make_node

    make_node(
        snakemake.params.spec,
        snakemake.input.metadata,
        snakemake.output.metadata,
        threads=snakemake.threads,
    )
