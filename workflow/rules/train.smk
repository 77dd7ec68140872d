TRAINING = CONFIG.training


def training_arguments(model, lmbda):
    """How the training of one lambda of a network differs from others, as command-line arguments."""
    init = TRAINING.init(model, lmbda)
    time_budget = TRAINING.time_budget_of(lmbda)
    fields = [
        f"--option {shlex.quote(f'{key}={json.dumps(value)}')}"
        for key, value in TRAINING.fields(model).items()
    ]
    return " ".join(
        [
            f"--model {model} --lambda {lmbda:g}",
            *([f"--init {init}"] if init else []),
            *([f"--time-budget {time_budget}"] if time_budget else []),
            *([f"--valid {shlex.quote(TRAINING.valid)}"] if TRAINING.valid else []),
            *([f"--budget {TRAINING.budget}"] if TRAINING.budget else []),
            *fields,
        ]
    )


def located(path):
    """A path as given where it leads somewhere, else from the project's folder."""
    return path if Path(path).exists() else str(BASE / path)


def recipe_of(wildcards):
    """The recipe of a lambda."""
    return located(TRAINING.recipe_of(float(wildcards.lmbda)))


def base_weights(wildcards):
    """What a fine-tuned lambda waits for: the base's weights."""
    init = TRAINING.init(wildcards.model, float(wildcards.lmbda))
    return [init] if init else []


def launcher():
    """What starts a training: one process, or one per GPU."""
    if TRAINING.gpus < 2:
        return "python -m"
    return f"torchrun --standalone --nproc-per-node {TRAINING.gpus} -m"


rule train:
    """Train one lambda of a network, or fine-tune it from the base's; run again, it goes on where it was stopped."""
    input:
        init=base_weights,
        # touching a recipe must not start days of training anew
        recipe=ancient(recipe_of),
    output:
        weights=f"{TRAINING.home}/{{model}}/{{lmbda}}.safetensors",
        record=f"{TRAINING.home}/{{model}}/{{lmbda}}.json",
    log:
        f"results/logs/{TRAINING.home}/{{model}}/{{lmbda}}.log",
    benchmark:
        f"results/benchmarks/{TRAINING.home}/{{model}}/{{lmbda}}.tsv"
    wildcard_constraints:
        model="[^/]+",
        lmbda="[0-9.e-]+",
    conda:
        "../../envs/python.yaml"
    threads: TRAINING.threads
    resources:
        mem_mb=TRAINING.mem_mb,
        runtime=TRAINING.runtime,
        gpu=TRAINING.gpus,
    params:
        launcher=launcher(),
        data=TRAINING.data,
        training=lambda wildcards: training_arguments(
            wildcards.model, float(wildcards.lmbda)
        ),
        out=lambda wildcards, output: Path(output.weights).with_suffix(""),
    shell:
        "{params.launcher} lic_tcm train {params.training} --data {params.data:q} --recipe {input.recipe:q}"
        " --out {params.out} > {log} 2>&1"
        " && cp {params.out}/weights.safetensors {output.weights}"
        " && cp {params.out}/record.json {output.record}"
