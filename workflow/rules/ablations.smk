from snakemake.logging import logger

from lic_tcm.bench import ablations
from lic_tcm.training.plan import describe

ABLATIONS = layout.ablations(TRAINING.budget)
LAMBDAS = CONFIG.method(ablations.methods(CONFIG.ablations[0], TRAINING)[0]).points
LAMBDA = TRAINING.base or LAMBDAS[0]  # one that starts from fresh weights
NETWORKS = list(
    dict.fromkeys(
        ablations.name_of(network, TRAINING)
        for network in ablations.networks(CONFIG.ablations)
    )
)

if workflow.output_settings.dryrun:
    logger.info(
        describe(
            TRAINING,
            NETWORKS,
            LAMBDAS,
            lambda path: located(path, HOME),
        )
    )


localrules:
    ablation,
    ablations,
    training_speeds,


rule ablation:
    """Curves and BD-rates of one figure of ablations."""
    input:
        rows=lambda wildcards: ablations.row_files(
            wildcards.figure, TRAINING, CONFIG.datasets
        ),
        records=lambda wildcards: [
            layout.training_record(TRAINING.home, model, lmbda)
            for model in ablations.models([wildcards.figure], TRAINING)
            for lmbda in LAMBDAS
        ],
    output:
        layout.ablation(ABLATIONS, "{figure}"),
        layout.ablation_bd_rate(ABLATIONS, "{figure}"),
        layout.ablation_variants(ABLATIONS, "{figure}"),
    log:
        layout.log("ablations", TRAINING.budget, "{figure}"),
    wildcard_constraints:
        figure="fig[0-9]+[a-z]?",
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        budget=TRAINING.budget,
        frozen="--frozen" if TRAINING.transforms else "",
        models=TRAINING.home,
        out=ABLATIONS,
    shell:
        "python -m lic_tcm ablation {wildcards.figure} {input.rows} --budget {params.budget} {params.frozen}"
        " --models {params.models} --out {params.out} > {log} 2>&1"


rule ablations:
    """Train, code and score every ablation of the configuration with its budget."""
    input:
        [layout.ablation(ABLATIONS, figure) for figure in CONFIG.ablations],


rule training_speeds:
    """Measure how fast every network of the ablations trains on this machine; a dry run then says how long all take."""
    input:
        [layout.ablation_speed(TRAINING.budget, model) for model in NETWORKS],


rule training_speed:
    """Measure a few steps of a network's training, alone on the machine."""
    input:
        TRAINING.latents(LAMBDA) or [],
    output:
        layout.ablation_speed(TRAINING.budget, "{model}"),
    log:
        layout.log("ablations", TRAINING.budget, "speed", "{model}"),
    conda:
        "../../envs/python.yaml"
    threads: workflow.cores
    resources:
        mem_mb=growing(TRAINING.mem_mb),
        runtime=growing(10),
        gpu=TRAINING.gpus,
    params:
        launcher=on_gpus(TRAINING.gpus) + TRAINING.launcher,
        verb=TRAINING.verb,
        data=TRAINING.latents(LAMBDA) or TRAINING.data,
        recipe=located(TRAINING.recipe, HOME),
        training=lambda wildcards: TRAINING.arguments(wildcards.model, LAMBDA),
    shell:
        "{params.launcher} lic_tcm {params.verb} {params.training} --data {params.data:q} --recipe {params.recipe:q} --dry-run"
        " --out {output}.d > {log} 2>&1 && tail -n 1 {log} > {output}"
