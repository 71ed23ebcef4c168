import os
import sys

from snakemake.utils import min_version

min_version("9.27")

library = os.path.join(str(workflow.current_basedir), "scripts")
sys.path.insert(0, library)

from dspant.config.workflow import config_file, plan_for, prepare_jobs, scan_for

prepare_jobs(library)

if not workflow.overwrite_configfiles:

    configfile: config_file("config/config.yaml")


if "tank" in config:

    include: "rules/scan.smk"

else:
    plan = plan_for(workflow, config)

    wildcard_constraints:
        recording=plan.recording_pattern,

    include: "rules/ingest.smk"
    include: "rules/nodes.smk"
    include: "rules/report.smk"

    rule all:
        default_target: True
        input:
            plan.targets(),
