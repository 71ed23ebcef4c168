"""Make one node's dataset again, in a scratch folder, and compare."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.verify.again import verify_node
    from dspant.verify.findings import write_findings

    findings = verify_node(
        snakemake.params.spec,
        snakemake.params.inputs,
        snakemake.params.dataset,
        snakemake.params.scratch,
        threads=snakemake.threads,
    )
    write_findings(snakemake.output[0], findings)
