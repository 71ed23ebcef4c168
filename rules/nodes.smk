for node in plan.nodes:

    rule:
        name:
            node.rule
        input:
            metadata=node.metadata_inputs,
            data=ancient(node.data_inputs),
        output:
            metadata=node.metadata,
            data=node.data,
            provenance=node.provenance,
        log:
            plan.paths.log(node.rule),
        benchmark:
            plan.paths.benchmark(node.rule)
        group:
            plan.group
        conda:
            "../envs/dspant.yaml"
        threads: node.threads
        resources:
            mem_mb=node.demand.mem_mb,
            runtime=node.demand.runtime,
        params:
            spec=node.spec,
        script:
            "../scripts/make_node.py"
