"""The scores of the last `make mutation`, by module, as docs/mutation.md shows them; fails where one is under 90 %.

Usage: python tests/mutation_score.py [FOLDER]   (where mutmut ran; default: here)
"""

import json
import sys
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

LEAST = 90  # %
CAUGHT = ("killed", "timeout")  # a mutant that hangs does not go unnoticed


def main() -> int:
    """Print a line per module and the mutants nobody noticed; 1 when a module has fewer than LEAST % caught."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".", "mutants")
    found = {path: _statuses(path) for path in sorted(folder.rglob("*.meta"))}
    checked = {path: statuses for path, statuses in found.items() if statuses}
    if not checked:
        print(f"no mutant has been checked in {folder}; run make mutation", file=sys.stderr)
        return 1
    print("| module | mutants | caught | survived | without a test | caught [%] |\n|---|---:|---:|---:|---:|---:|")
    scores = []
    for path, statuses in checked.items():
        counts = Counter(statuses.values())
        caught = sum(counts[status] for status in CAUGHT)
        scores.append(100 * caught / len(statuses))
        module = path.relative_to(folder).with_suffix("")
        lost = len(statuses) - caught - counts["no tests"]
        print(f"| `{module}` | {len(statuses)} | {caught} | {lost} | {counts['no tests']} | {scores[-1]:.1f} |")
    for statuses in checked.values():
        print("\n".join(f"{status}: {name}" for name, status in statuses.items() if status not in CAUGHT), end="\n")
    return int(min(scores) < LEAST)


def _statuses(path: Path) -> dict[str, str]:
    """What became of each mutant of a module that has been checked."""
    codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return {name: status_by_exit_code[code] for name, code in codes.items() if code is not None}


if __name__ == "__main__":
    sys.exit(main())
