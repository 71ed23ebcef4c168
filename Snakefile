import os
import sys

from snakemake.utils import min_version

min_version("9.27")
library = os.path.join(str(workflow.current_basedir), "scripts")
sys.path.insert(0, library)

import dspant.config.workflow as planning

planning.prepare_jobs(library)

if planning.reads_config_file(workflow):

    configfile: planning.config_file("config/config.yaml")


if "tank" in config:

    include: "rules/scan.smk"

else:
    plan = planning.plan_for(workflow, config)
    planning.show_progress(workflow, plan)

    wildcard_constraints:
        recording=plan.recording_pattern,

    include: "rules/ingest.smk"
    include: "rules/nodes.smk"
    include: "rules/report.smk"
    include: "rules/verify.smk"
    include: "rules/ask_for_tank.smk"

    rule all:
        input:
            plan.targets(),
            plan.interrupted,
