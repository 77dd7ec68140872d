"""Names of the figures, for the workflow: known without loading what draws them."""

PAPER_FIGURES = (
    "figure_1",
    "figure_3",
    "figure_5",
    "figure_7",
    "figure_7_ms_ssim",
    "figure_8",
    "figure_9",
    "figure_10a",
    "figure_10b",
    "figure_10c",
    "figure_12",
    "figure_13",
    "figure_14",
    "figure_15",
)
PAIR_FIGURES = ("image_rates", "local_rates", "costs")
TOPICS = {  # names by what a figure is about; the files have the figure's own
    "figure_transforms": "figure_10a",
    "figure_attention": "figure_10c",
    "figure_slices": "figure_13",
}
MAPS = {"figure_3": "receptive", "figure_5": "deviation"}  # figure -> the maps it is drawn from
RD_FIGURES = {  # figure -> dataset and metric; drawn whenever the run has both
    "figure_7": ("kodak", "psnr"),
    "figure_7_ms_ssim": ("kodak", "ms-ssim"),
    "figure_8": ("clic-pro-valid", "psnr"),
    "figure_9": ("tecnick", "psnr"),
}
