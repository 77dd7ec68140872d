rule score:
    """Measure bpp, PSNR and MS-SSIM of every decoded picture of a method on a dataset."""
    input:
        images="results/datasets/{dataset}.csv",
        coded=batches_of,
    output:
        rows="results/rows/{dataset}/{method}.csv",
        environments="results/rows/{dataset}/{method}.environments.json",
    log:
        "results/logs/score/{dataset}/{method}.log",
    benchmark:
        "results/benchmarks/score/{dataset}/{method}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    message:
        "score {wildcards.dataset}, {wildcards.method}"
    shell:
        "python -m lic_tcm score {input.images} {input.coded} --threads {threads} --out {output.rows} > {log} 2>&1"
