TRAINING = CONFIG.training


rule train:
    """Train one lambda of a network, or fine-tune it from the base's; run again, it goes on where it was stopped."""
    input:
        init=lambda wildcards: TRAINING.init(wildcards.model, float(wildcards.lmbda))
        or [],
        # touching a recipe must not start days of training anew
        recipe=ancient(
            lambda wildcards: located(TRAINING.recipe_of(float(wildcards.lmbda)), HOME)
        ),
    output:
        weights=layout.weights(TRAINING.home, "{model}", "{lmbda}"),
        record=layout.training_record(TRAINING.home, "{model}", "{lmbda}"),
    log:
        layout.log(TRAINING.home, "{model}", "{lmbda}"),
    benchmark:
        layout.benchmark(TRAINING.home, "{model}", "{lmbda}")
    wildcard_constraints:
        model="[^/]+",
        lmbda="[0-9.e-]+",
    conda:
        "../../envs/python.yaml"
    threads: TRAINING.threads
    resources:
        mem_mb=growing(TRAINING.mem_mb),
        runtime=TRAINING.runtime,  # tried again, it goes on from its checkpoint
        gpu=TRAINING.gpus,
    params:
        launcher=on_gpus(TRAINING.gpus) + TRAINING.launcher,
        data=TRAINING.data,
        training=lambda wildcards: TRAINING.arguments(
            wildcards.model, float(wildcards.lmbda)
        ),
        out=lambda wildcards, output: Path(output.weights).with_suffix(""),
    message:
        "train {wildcards.model} at lambda {wildcards.lmbda}"
    shell:
        "{params.launcher} lic_tcm train {params.training} --data {params.data:q} --recipe {input.recipe:q}"
        " --out {params.out} > {log} 2>&1"
        " && cp {params.out}/weights.safetensors {output.weights}"
        " && cp {params.out}/record.json {output.record}"
