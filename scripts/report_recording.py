"""Write one recording's page, and its summary for the experiment's page."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.report.recording_page import write_recording_page

    write_recording_page(
        snakemake.input.block,
        snakemake.input.metadata,
        snakemake.params.spec,
        snakemake.output.page,
        snakemake.output.summary,
    )
