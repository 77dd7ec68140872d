"""The page: one HTML file with its data and pictures."""
