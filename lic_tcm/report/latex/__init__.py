"""Tables for papers, as LaTeX with booktabs."""
