"""Networks only: transforms, attention modules, entropy models, the zoo of configurations and their checkpoints."""
