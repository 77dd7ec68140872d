SERIES = [
    f"{dataset}/{method.name}"
    for dataset in CONFIG.datasets
    for method in CONFIG.methods
]


rule settings:
    """Write down the settings this run's tables are made with."""
    output:
        f"{TABLES}/settings.json",
    log:
        f"results/logs/settings/{CONFIG.name}.log",
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    params:
        settings=CONFIG.to_json(),
    shell:
        "printf '%s\\n' {params.settings:q} > {output} 2> {log}"


rule tables:
    """RD points, BD-rates with intervals and the paper's Table 2 from the rows of all methods."""
    input:
        rows=expand("results/rows/{series}.csv", series=SERIES),
        environments=expand("results/rows/{series}.environments.json", series=SERIES),
        settings=f"{TABLES}/settings.json",
    output:
        expand(
            "{tables}/{table}.csv",
            tables=TABLES,
            table=["rd_points", "bd_rate", "table2", "images"],
        ),
        f"{TABLES}/environments.json",
        f"{TABLES}/run.json",
    log:
        f"results/logs/tables/{CONFIG.name}.log",
    benchmark:
        f"results/benchmarks/tables/{CONFIG.name}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        out=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m lic_tcm tables {input.rows} --settings {input.settings} --out {params.out} > {log} 2>&1"
