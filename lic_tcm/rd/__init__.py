"""Rate-distortion curves and what can be said of two of them; pure maths, no files but the published curves."""
