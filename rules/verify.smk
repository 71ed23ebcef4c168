from dspant.config.workflow import verification_for

# Jobs read results as parameters, not as input: what is there is compared as it is, and nothing is
# made for it. ``asked`` is another text each time, so that every verification is made anew.
verification = verification_for(plan, config)


rule verify_ingest:
    output:
        plan.paths.finding("ingest"),
    log:
        plan.paths.log("verify_ingest"),
    conda:
        "../envs/dspant.yaml"
    threads: plan.ingest.threads
    resources:
        mem_mb=plan.ingest.demand.mem_mb,
        runtime=plan.ingest.demand.runtime,
    params:
        asked=verification.asked,
        spec=plan.ingest.spec,
        block=plan.ingest.block_folder,
        recording=verification.recording_folder,
        scratch=verification.ingest_scratch,
    script:
        "../scripts/verify_ingest.py"


rule verify_node:
    output:
        plan.paths.finding("node_{node}"),
    log:
        plan.paths.log("verify_node_{node}"),
    wildcard_constraints:
        node=verification.node_pattern,
    conda:
        "../envs/dspant.yaml"
    threads: verification.threads
    resources:
        mem_mb=verification.mem_mb,
        runtime=verification.runtime,
    params:
        asked=verification.asked,
        spec=verification.spec,
        inputs=verification.inputs,
        dataset=verification.dataset,
        scratch=verification.node_scratch,
    script:
        "../scripts/verify_node.py"


rule verify:
    input:
        verification.findings,
    log:
        plan.paths.experiment_log("verify"),
    conda:
        "../envs/dspant.yaml"
    threads: 1
    resources:
        mem_mb=plan.experiment_report_demand.mem_mb,
        runtime=plan.experiment_report_demand.runtime,
    params:
        asked=verification.asked,
        table=plan.paths.verification(),
    script:
        "../scripts/verify.py"
