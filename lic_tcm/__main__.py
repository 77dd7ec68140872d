"""`python -m lic_tcm`: the same as the console script."""

from lic_tcm.cli import main

if __name__ == "__main__":
    main()
