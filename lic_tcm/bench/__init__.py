"""Datasets, coding, scoring, BD-rate and tables. Knows the codecs in `anchors`; draws nothing."""
