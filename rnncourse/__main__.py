"""`python -m rnncourse` is the `rnncourse` command."""

from rnncourse.cli import main

if __name__ == "__main__":
    main()
