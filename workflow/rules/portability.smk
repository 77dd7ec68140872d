rule portability:
    """Code the first dataset under every kernel setting of this machine, decode each stream under every other."""
    input:
        layout.portability(CONFIG.datasets[0]),


rule portability_of:
    """What became of a dataset's streams, with the weights that come with the package."""
    input:
        layout.manifest("{dataset}"),
    output:
        layout.portability("{dataset}"),
    log:
        layout.log("portability", "{dataset}"),
    conda:
        "../../envs/python.yaml"
    threads: 4
    resources:
        mem_mb=4000,
        runtime=600,
    shell:
        "python -m lic_tcm portability {input} --out {output} --jobs {threads} > {log} 2>&1"
