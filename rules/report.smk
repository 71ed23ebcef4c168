rule report_recording:
    input:
        block=plan.paths.block(),
        metadata=plan.recording_metadata,
        data=ancient(plan.recording_data),
    output:
        page=report(
            plan.paths.report(),
            caption="../resources/captions/recording.rst",
            category="Recordings",
            labels={"recording": "{recording}"},
        ),
        summary=plan.paths.summary(),
        provenance=plan.paths.recording_provenance(),
        tiles=directory(plan.paths.tiles()),
        figures=report(
            directory(plan.paths.figures()),
            patterns=["{dataset}_{figure}.svg"],
            caption="../resources/captions/figure.rst",
            category="Recordings",
            subcategory="{recording}",
            labels={"dataset": "{dataset}", "figure": "{figure}"},
        ),
    log:
        plan.paths.log("report_recording"),
    benchmark:
        plan.paths.benchmark("report_recording")
    group:
        plan.group
    conda:
        "../envs/dspant.yaml"
    threads: 1
    resources:
        mem_mb=plan.report_demand.mem_mb,
        runtime=plan.report_demand.runtime,
    params:
        spec=plan.report_spec,
    script:
        "../scripts/report_recording.py"


rule report_experiment:
    input:
        summaries=plan.all_summaries,
        pages=ancient(plan.all_pages),
        sheet=local(plan.sheet.file),
    output:
        page=report(
            plan.paths.experiment_report(),
            caption="../resources/captions/experiment.rst",
            category="Experiment",
            labels={"experiment": plan.paths.experiment, "shows": "page"},
        ),
        table=report(
            plan.paths.conditions(),
            caption="../resources/captions/conditions.rst",
            category="Experiment",
            labels={"experiment": plan.paths.experiment, "shows": "conditions"},
        ),
    log:
        plan.paths.experiment_log(),
    benchmark:
        plan.paths.experiment_benchmark()
    conda:
        "../envs/dspant.yaml"
    threads: 1
    resources:
        mem_mb=plan.experiment_report_demand.mem_mb,
        runtime=plan.experiment_report_demand.runtime,
    params:
        spec=plan.report_spec,
        sheet=plan.sheet.digest,
    script:
        "../scripts/report_experiment.py"


onerror:
    planning.write_page_of_what_there_is(plan, workflow)
