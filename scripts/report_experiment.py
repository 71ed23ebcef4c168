"""Write the experiment's page from the summaries of its recordings."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.clock import forget_future_times
    from dspant.report.experiment_page import write_experiment_page

    forget_future_times(snakemake.output, [*snakemake.input.summaries, *snakemake.input.pages])
    write_experiment_page(
        snakemake.input.summaries,
        snakemake.input.sheet,
        snakemake.params.spec,
        snakemake.output.page,
    )
