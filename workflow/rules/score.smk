rule score:
    """Measure rate and metrics of every decoded picture of a method on a dataset."""
    input:
        images=layout.manifest("{dataset}"),
        coded=batches_of,
    output:
        rows=layout.rows("{dataset}", "{method}"),
        environments=layout.environments(layout.rows("{dataset}", "{method}")),
        versions=layout.metric_versions(layout.rows("{dataset}", "{method}")),
    log:
        layout.log("score", "{dataset}", "{method}"),
    benchmark:
        layout.benchmark("score", "{dataset}", "{method}")
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        metrics=",".join(CONFIG.metric_references),
        state=metric_state,
    message:
        "score {wildcards.dataset}, {wildcards.method}"
    shell:
        "python -m lic_tcm score {input.images} {input.coded} --threads {threads} --metrics {params.metrics}"
        " --out {output.rows} > {log} 2>&1"
