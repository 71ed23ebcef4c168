rule ingest:
    input:
        raw=plan.ingest.raw_files,
    output:
        block=plan.ingest.block,
        data=plan.ingest.data,
        metadata=plan.ingest.metadata,
        provenance=plan.ingest.provenance,
    log:
        plan.paths.log("ingest"),
    benchmark:
        plan.paths.benchmark("ingest")
    conda:
        "../envs/dspant.yaml"
    threads: plan.ingest.threads
    resources:
        mem_mb=plan.ingest.mem_mb,
    params:
        spec=plan.ingest.spec,
        block=plan.ingest.block_folder,
    script:
        "../scripts/ingest.py"
