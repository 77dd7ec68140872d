from lic_tcm.tables import write

ROWS = [
    layout.rows(dataset, method.name)
    for dataset in CONFIG.datasets
    for method in CONFIG.methods
]

TABLE_NAMES = [
    *["rd_points", "bd_rate", "all_pairs", "table1", "table2", "sensitivity", "images"],
    *["image_rates", "local_rates", "costs"],
]


rule settings:
    """Write down the settings this run's tables are made with."""
    output:
        layout.settings(CONFIG.name),
    log:
        layout.log("settings", CONFIG.name),
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(100),
        runtime=growing(5),
    params:
        settings=lambda wildcards: CONFIG.to_json(),  # a text would have its braces taken for wildcards
    message:
        "write down the settings"
    shell:
        "printf '%s\\n' {params.settings:q} > {output} 2> {log}"


rule networks:
    """Write down parameters and multiply-accumulates of the networks of Table 1 and of the run's methods."""
    output:
        layout.table(CONFIG.name, "networks"),
    log:
        layout.log("networks", CONFIG.name),
    benchmark:
        layout.benchmark("networks", CONFIG.name)
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(100),
        runtime=growing(5),
    params:
        names=networks(),
    message:
        "write down parameters and multiply-accumulates"
    shell:
        "python -m lic_tcm models {params.names} --out {output} > {log} 2>&1"


rule tables:
    """RD points, BD-rates with intervals, the paper's Tables 1 and 2, and more, from the rows of all methods."""
    input:
        rows=ROWS,
        measured=[str(rows) for rows in CONFIG.measured_rows()],
        environments=[layout.environments(rows) for rows in ROWS],
        settings=layout.settings(CONFIG.name),
        networks=layout.table(CONFIG.name, "networks"),
    output:
        [layout.table(CONFIG.name, table) for table in TABLE_NAMES],
        layout.machines(CONFIG.name),
        layout.description(CONFIG.name),
    log:
        layout.log("tables", CONFIG.name),
    benchmark:
        layout.benchmark("tables", CONFIG.name)
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        out=layout.tables(CONFIG.name),
        code=lambda wildcards: code_of_module(write),
    message:
        "make the tables"
    shell:
        "python -m lic_tcm tables {input.rows} --settings {input.settings} --networks {input.networks}"
        " --out {params.out} > {log} 2>&1"
