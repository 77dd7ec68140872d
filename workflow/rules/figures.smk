from lic_tcm.report.figures.names import MAPS, PAIR_FIGURES, PAPER_FIGURES, TOPICS

# `snakemake figure_10a` draws that figure alone, or says what it lacks; so do figure_slices, image_rates and the like.
for name in [*PAPER_FIGURES, *TOPICS, *PAIR_FIGURES]:

    rule:
        name:
            name
        input:
            rules.tables.output,
            maps_of(MAPS.get(name, "")),
        log:
            layout.log("report", f"{CONFIG.name}-{name}"),
        conda:
            "../../envs/python.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(10),
        params:
            figure=name,
            tables=layout.tables(CONFIG.name),
            out=layout.figures(REPORT),
        shell:
            "python -m lic_tcm figure {params.figure} {params.tables} --out {params.out} > {log} 2>&1"


rule maps:
    """Maps of trained networks that figures 3 and 5 are drawn from."""
    input:
        images=lambda wildcards: layout.manifest(
            CONFIG.figures[wildcards.figure]["dataset"]
        ),
        weights=lambda wildcards: CONFIG.figures[wildcards.figure][
            "checkpoints"
        ].values(),
    output:
        layout.maps(CONFIG.name, "{figure}"),
    log:
        layout.log("maps", f"{CONFIG.name}-{{figure}}"),
    wildcard_constraints:
        figure="receptive|deviation",
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=growing(16000),
        runtime=growing(60),
    params:
        choices=maps_arguments,
    message:
        "compute maps: {wildcards.figure}"
    shell:
        "python -m lic_tcm {wildcards.figure} {input.images} {params.choices} --out {output} > {log} 2>&1"
