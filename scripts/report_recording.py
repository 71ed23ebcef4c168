"""Write one recording's page, its provenance, and its summary for the experiment's page."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.clock import forget_future_times
    from dspant.report.kept import make_recording_page

    forget_future_times(snakemake.output, snakemake.input)
    make_recording_page(
        snakemake.input.block,
        snakemake.input.metadata,
        snakemake.params.spec,
        page=snakemake.output.page,
        summary=snakemake.output.summary,
        provenance=snakemake.output.provenance,
        tiles=snakemake.output.tiles,
        figures=snakemake.output.figures,
    )
