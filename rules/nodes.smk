for node in plan.nodes:

    rule:
        name:
            node.rule
        input:
            metadata=node.metadata_inputs,
            data=ancient(node.data_inputs),
        output:
            data=node.data,
            metadata=node.metadata,
            provenance=node.provenance,
        log:
            plan.paths.log(node.rule),
        benchmark:
            plan.paths.benchmark(node.rule)
        conda:
            "../envs/dspant.yaml"
        threads: node.threads
        resources:
            mem_mb=node.mem_mb,
        params:
            spec=node.spec,
        script:
            "../scripts/make_node.py"
