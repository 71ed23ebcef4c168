from dspant.config.workflow import ask_for_tank


rule scan:
    input:
        ask_for_tank,
