"""Training: data, losses, one plain loop, and the files it leaves."""
