rule ingest:
    input:
        raw=local(plan.ingest.raw_files),
    output:
        block=plan.ingest.block,
        metadata=plan.ingest.metadata,
        data=plan.ingest.data,
        provenance=plan.ingest.provenance,
    log:
        plan.paths.log("ingest"),
    benchmark:
        plan.paths.benchmark("ingest")
    group:
        plan.group
    conda:
        "../envs/dspant.yaml"
    threads: plan.ingest.threads
    resources:
        mem_mb=plan.ingest.demand.mem_mb,
        runtime=plan.ingest.demand.runtime,
    params:
        spec=plan.ingest.spec,
        block=plan.ingest.block_folder,
        raw=plan.ingest.raw_states,
    script:
        "../scripts/ingest.py"
