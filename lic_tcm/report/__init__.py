"""Figures, LaTeX and HTML made from the tables; computes no number of its own."""
