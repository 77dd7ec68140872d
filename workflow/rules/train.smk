TRAINING = CONFIG.training


rule train:
    """Train one lambda of a network, or fine-tune it from the base's; run again, it goes on where it was stopped."""
    input:
        init=lambda wildcards: TRAINING.init(wildcards.model, float(wildcards.lmbda))
        or [],
        latents=lambda wildcards: TRAINING.latents(wildcards.lmbda) or [],
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
        verb=TRAINING.verb,
        data=lambda wildcards: TRAINING.latents(wildcards.lmbda) or TRAINING.data,
        training=lambda wildcards: TRAINING.arguments(
            wildcards.model, float(wildcards.lmbda)
        ),
        out=lambda wildcards, output: Path(output.weights).with_suffix(""),
    message:
        "train {wildcards.model} at lambda {wildcards.lmbda}"
    shell:
        "{params.launcher} lic_tcm {params.verb} {params.training} --data {params.data:q} --recipe {input.recipe:q}"
        " --out {params.out} > {log} 2>&1"
        " && cp {params.out}/weights.safetensors {output.weights}"
        " && cp {params.out}/record.json {output.record}"


if TRAINING.transforms:

    rule latents:
        """Compute the latents of training crops, once for all entropy models between the same transforms."""
        input:
            weights=lambda wildcards: ancient(TRAINING.given(wildcards.lmbda)),
            recipe=ancient(located(TRAINING.recipe, HOME)),
        output:
            layout.latents(TRAINING.home, "{lmbda}"),
        log:
            layout.log("latents", "{lmbda}"),
        benchmark:
            layout.benchmark("latents", "{lmbda}")
        wildcard_constraints:
            lmbda="[0-9.e-]+",
        conda:
            "../../envs/python.yaml"
        threads: TRAINING.threads
        resources:
            mem_mb=TRAINING.mem_mb,
            runtime=TRAINING.runtime,
            gpu=TRAINING.gpus,
        params:
            data=TRAINING.data,
            crops=f"--crops {TRAINING.crops}" if TRAINING.crops else "",
        message:
            "compute latents at lambda {wildcards.lmbda}"
        shell:
            "python -m lic_tcm latents {input.weights:q} --data {params.data:q} --recipe {input.recipe:q} {params.crops}"
            " --out {output} > {log} 2>&1"
