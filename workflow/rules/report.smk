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
            layout.page(REPORT), category="Report", caption="../captions/page.rst"
        ),
        crate=layout.crate(REPORT),
        summary=layout.summary(REPORT),
        figures=report(
            directory(layout.figures(REPORT)),
            patterns=["{figure}.svg"],
            category="Figures",
            labels={"figure": "{figure}"},
            caption="../captions/figures.rst",
        ),
        tables=report(
            expand(
                "{folder}/{table}.html",
                folder=layout.report_tables(REPORT),
                table=REPORT_TABLES,
            ),
            category="BD-rate",
            caption="../captions/tables.rst",
        ),
        latex=expand(
            "{folder}/{table}.{kind}",
            folder=layout.report_tables(REPORT),
            table=REPORT_TABLES,
            kind=["tex", "csv"],
        ),
    log:
        layout.log("report", CONFIG.name),
    benchmark:
        layout.benchmark("report", CONFIG.name)
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        tables=layout.tables(CONFIG.name),
        out=REPORT,
    message:
        "draw the report"
    shell:
        "python -m lic_tcm report {params.tables} --out {params.out} > {log} 2>&1"
