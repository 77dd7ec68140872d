CODE_JOB = ["{dataset}", "{method}", "{point}", "batch-{batch}-of-{batches}"]


rule code:
    """Code every batches-th image of a dataset with one method at one point; decode it in another process."""
    input:
        images=layout.manifest("{dataset}"),
        tools=tools_of,
    output:
        layout.batch("{dataset}", "{method}", "{point}", "{batch}", "{batches}"),
    log:
        layout.log("code", *CODE_JOB),
    benchmark:
        layout.benchmark("code", *CODE_JOB)
    conda:
        "../../envs/python.yaml"
    threads: lambda wildcards: method_of(wildcards).threads
    resources:
        mem_mb=lambda wildcards: method_of(wildcards).mem_mb,
        runtime=lambda wildcards: method_of(wildcards).runtime,
        gpu=lambda wildcards: method_of(wildcards).gpu,
    params:
        codec=codec_arguments,
        code=code_state,
    message:
        "code {wildcards.dataset} with {wildcards.method} at {wildcards.point}"
    shell:
        "python -m lic_tcm code {input.images} --method {wildcards.method} {params.codec}"
        " --point {wildcards.point} --batch {wildcards.batch}/{wildcards.batches} --out {output} > {log} 2>&1"
