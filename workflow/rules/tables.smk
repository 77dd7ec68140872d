SERIES = [
    f"{dataset}/{method.name}"
    for dataset in CONFIG.datasets
    for method in CONFIG.methods
]

TABLE_NAMES = [
    *["rd_points", "bd_rate", "table1", "table2", "sensitivity", "images"],
    *["image_rates", "local_rates", "costs"],
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
    message:
        "write down the settings"
    shell:
        "printf '%s\\n' {params.settings:q} > {output} 2> {log}"


rule complexity:
    """Count parameters and multiply-accumulates of the networks of Table 1 and of the run's methods."""
    output:
        f"{TABLES}/complexity.csv",
    log:
        f"results/logs/complexity/{CONFIG.name}.log",
    benchmark:
        f"results/benchmarks/complexity/{CONFIG.name}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        networks=networks(),
    message:
        "count parameters and multiply-accumulates"
    shell:
        "python -m lic_tcm models {params.networks} --out {output} > {log} 2>&1"


rule tables:
    """RD points, BD-rates with intervals, the paper's Tables 1 and 2, and more, from the rows of all methods."""
    input:
        rows=expand("results/rows/{series}.csv", series=SERIES),
        environments=expand("results/rows/{series}.environments.json", series=SERIES),
        settings=f"{TABLES}/settings.json",
        complexity=f"{TABLES}/complexity.csv",
    output:
        expand("{tables}/{table}.csv", tables=TABLES, table=TABLE_NAMES),
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
    message:
        "make the tables"
    shell:
        "python -m lic_tcm tables {input.rows} --settings {input.settings} --complexity {input.complexity}"
        " --out {params.out} > {log} 2>&1"
