rule fetch:
    """Find or download a dataset, verify every image, list them."""
    output:
        layout.manifest("{dataset}"),
    log:
        layout.log("fetch", "{dataset}"),
    benchmark:
        layout.benchmark("fetch", "{dataset}")
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(120),
    params:
        where=fetch_arguments,
        state=fetch_state,
    message:
        "fetch {wildcards.dataset}"
    shell:
        "python -m lic_tcm fetch {wildcards.dataset} {params.where} --out {output} > {log} 2>&1"


rule weights:
    """Find or download the weights of others that a method takes, check their hashes, list them."""
    output:
        layout.fetched_weights("{method}"),
    log:
        layout.log("weights", "{method}"),
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        codec=lambda wildcards: options_of(CONFIG.method(wildcards.method)),
        points=lambda wildcards: points_arguments(
            CONFIG.method(wildcards.method).points
        ),
    message:
        "fetch the weights of {wildcards.method}"
    shell:
        "python -m lic_tcm weights {params.codec} {params.points} --out {output} > {log} 2>&1"
