"""lic-tcm: from original PNGs to the paper's tables and figures. DESIGN.md shows the flow."""

from snakemake.utils import min_version

min_version("9.5")


# --configfile replaces the paper's configuration instead of being merged into it
if not workflow.overwrite_configfiles:

    configfile: f"{workflow.current_basedir.get_path_or_uri(secret_free=False)}/config/paper.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/choices.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/vtm.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/code.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/portability.smk"


# They need the network, or less time than a job waits in a queue.
localrules:
    all,
    fetch,
    weights,
    vtm_fetch,
    settings,
    networks,


if CONFIG.ablations:

    include: "workflow/rules/ablations.smk"


rule all:
    default_target: True
    input:
        layout.page(REPORT),
