"""``python -m fnfuzz``."""

from fnfuzz.cli import main

if __name__ == "__main__":
    main()
