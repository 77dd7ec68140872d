CODE_JOB = ["{dataset}", "{method}", "{point}", "batch-{batch}-of-{batches}"]
CODE_ALL_JOB = ["{dataset}", "{method}", "batch-{batch}-of-{batches}"]


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
        mem_mb=lambda wildcards, attempt: attempt * method_of(wildcards).mem_mb,
        runtime=lambda wildcards, attempt: attempt * method_of(wildcards).runtime,
        gpu=lambda wildcards: method_of(wildcards).gpu,
    params:
        gpus=lambda wildcards: on_gpus(
            method_of(wildcards).gpu, method_of(wildcards).codec == TCM
        ),
        codec=codec_arguments,
        points=point_arguments,
        code=code_state,
    message:
        "code {wildcards.dataset} with {wildcards.method} at {wildcards.point}"
    shell:
        "{params.gpus}python -m lic_tcm code {input.images} --method {wildcards.method} {params.codec}"
        " {params.points} --batch {wildcards.batch}/{wildcards.batches} --out {output} > {log} 2>&1"


use rule code as code_all_points with:
    output:
        layout.batch_of_all("{dataset}", "{method}", "{batch}", "{batches}"),
    log:
        layout.log("code", *CODE_ALL_JOB),
    benchmark:
        layout.benchmark("code", *CODE_ALL_JOB)
    message:
        "code {wildcards.dataset} with {wildcards.method} at all points"
