"""lic-tcm: benchmarking and reproducibility suite for learned image compression."""

__version__ = "0.2.0"
