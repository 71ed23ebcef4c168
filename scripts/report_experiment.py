"""Write the experiment's page and its table from the summaries of its recordings."""

from dspant.joblog import job_log

with job_log(snakemake.log[0]):
    from dspant.clock import forget_future_times
    from dspant.config.asked import asked_by
    from dspant.report.experiment_page import write_experiment_page

    forget_future_times(snakemake.output, [*snakemake.input.summaries, *snakemake.input.pages])
    write_experiment_page(
        snakemake.input.summaries,
        snakemake.input.sheet,
        snakemake.params.spec,
        snakemake.output.page,
        table=snakemake.output.table,
        benchmarks=f"benchmarks/{snakemake.params.spec['experiment']}",
        asked_mb=asked_by(snakemake.config),
    )
