REPORT_TABLES = ["bd_rate", "table1", "table2", "sensitivity"]


rule report:
    """Figures, LaTeX and the page, drawn from the tables."""
    input:
        rules.tables.output,
        maps_of("receptive"),
        maps_of("deviation"),
        unclaimed,
    output:
        page=report(
            f"{REPORT}/index.html", category="Report", caption="../captions/page.rst"
        ),
        crate=f"{REPORT}/ro-crate-metadata.json",
        figures=report(
            directory(f"{REPORT}/figures"),
            patterns=["{figure}.svg"],
            category="Figures",
            labels={"figure": "{figure}"},
            caption="../captions/figures.rst",
        ),
        tables=report(
            expand(
                "{report}/tables/{table}.html",
                report=REPORT,
                table=REPORT_TABLES,
            ),
            category="BD-rate",
            caption="../captions/tables.rst",
        ),
        latex=expand(
            "{report}/tables/{table}.{kind}",
            report=REPORT,
            table=REPORT_TABLES,
            kind=["tex", "csv"],
        ),
    log:
        f"results/logs/report/{CONFIG.name}.log",
    benchmark:
        f"results/benchmarks/report/{CONFIG.name}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        tables=lambda wildcards, input: Path(input[0]).parent,
        out=lambda wildcards, output: Path(output.page).parent,
    message:
        "draw the report"
    shell:
        "python -m lic_tcm report {params.tables} --out {params.out} > {log} 2>&1"
