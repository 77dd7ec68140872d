"""Names of methods whose weights were trained with less, or more, than a paper's recipe: `<network>@<budget>`.

The budget stands in the method's name, so it is in every path, row and table; and in its label, so no figure or table
shows such a curve without it. `lic_tcm.bench.code` refuses weights whose training record has another budget.
"""

MARK = "@"


def method_name(network: str, budget: str) -> str:
    """Name of the method that codes with a network trained with a budget."""
    return f"{network}{MARK}{budget}"


def budget_of(method: str) -> str:
    """The budget a method's name states; empty for one that states none.

    >>> budget_of("conv-swatten@small"), budget_of("webp")
    ('small', '')
    """
    return method.rpartition(MARK)[2] if MARK in method else ""


def labelled(method: str, label: str) -> str:
    """The label with the budget in it, whatever the label.

    >>> labelled("medium@small", "TCM-M"), labelled("webp", "WebP")
    ('TCM-M (small budget)', 'WebP')
    """
    budget = budget_of(method)
    note = f"({budget} budget)"
    return label if not budget or label.endswith(note) else f"{label} {note}"
