"""lic-tcm: benchmarking and reproducibility suite for learned image compression."""

__version__ = "0.1.0"
