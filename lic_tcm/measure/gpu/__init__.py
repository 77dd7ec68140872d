"""`make gpu`: what a machine with one NVIDIA GPU and no network is worth a quarter of an hour for, docs/gpu.md."""
