"""Tensors to bytes and back: priors, entropy coder, bitstream container and the TCM codec."""
