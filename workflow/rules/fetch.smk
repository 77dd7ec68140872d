rule fetch:
    """Find or download a dataset, verify every image, list them."""
    output:
        "results/datasets/{dataset}.csv",
    log:
        "results/logs/fetch/{dataset}.log",
    benchmark:
        "results/benchmarks/fetch/{dataset}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        where=fetch_arguments,
    message:
        "fetch {wildcards.dataset}"
    shell:
        "python -m lic_tcm fetch {wildcards.dataset} {params.where} --out {output} > {log} 2>&1"
