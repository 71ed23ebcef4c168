"""Read one raw block again, into a scratch folder, and compare."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.verify.again import verify_ingest
    from dspant.verify.findings import write_findings

    findings = verify_ingest(
        snakemake.params.block,
        snakemake.params.spec,
        snakemake.params.recording,
        snakemake.params.scratch,
    )
    write_findings(snakemake.output[0], findings)
