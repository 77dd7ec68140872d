"""Measurements of the suite and its networks: sizes, times, maps of networks, speed, coverage of intervals."""
