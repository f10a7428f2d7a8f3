"""``python -m balloon`` is the command line."""

from balloon.cli import program

if __name__ == "__main__":
    raise SystemExit(program())
