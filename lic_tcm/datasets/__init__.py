"""Public image sets and folders: where they come from, which images are in them, and proof that they are those."""
