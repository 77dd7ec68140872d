"""How folders and points are spelt in every path."""

from pathlib import Path

RESULTS = Path("results")
REPORTS = Path("reports")


def point(value: float | str) -> str:
    """An operating point or lambda as paths and tables spell it, without needless zeros; other text as it is.

    >>> point(22.0), point("0.00250"), point("q3"), point("{point}")
    ('22', '0.0025', 'q3', '{point}')
    """
    try:
        return f"{float(value):g}"
    except ValueError:
        return value  # type: ignore[return-value]
