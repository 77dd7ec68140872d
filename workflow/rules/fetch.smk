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
