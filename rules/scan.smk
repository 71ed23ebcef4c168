from dspant.config.workflow import scan_for

scan_plan = scan_for(config)


rule scan:
    input:
        indices=scan_plan.index_files,
    output:
        findings=scan_plan.findings,
    log:
        scan_plan.log,
    conda:
        "../envs/dspant.yaml"
    threads: 1
    resources:
        mem_mb=scan_plan.memory_mb,
    params:
        tank=str(scan_plan.tank),
    script:
        "../scripts/scan.py"
