"""``python -m balloon`` is the command line."""

from balloon.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
