VTM_ARCHIVE = "https://vcgit.hhi.fraunhofer.de/jvet/VVCSoftware_VTM/-/archive/VTM-12.1/VVCSoftware_VTM-VTM-12.1.tar.gz"


rule vtm_fetch:
    """Download the VTM-12.1 release archive; its hash is locked at first use."""
    output:
        layout.vtm_archive(),
    log:
        layout.log("vtm", "fetch"),
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        url=VTM_ARCHIVE,
    shell:
        "python -m lic_tcm download {params.url} --out {output} > {log} 2>&1"


rule vtm_build:
    """Build the encoder and decoder with CMake."""
    input:
        layout.vtm_archive(),
    output:
        layout.vtm_files().values(),
    log:
        layout.log("vtm", "build"),
    conda:
        "../../envs/vtm.yaml"
    threads: 4
    resources:
        mem_mb=growing(6000),
        runtime=growing(120),
    params:
        out=layout.vtm(),
    shell:
        "python -m lic_tcm.anchors.vtm_build {input} {params.out} --jobs {threads} > {log} 2>&1"
