"""Comparisons a user asks for: own results against curves, two files, a run against a baseline."""
