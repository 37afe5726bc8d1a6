"""Run the measurements, and write `docs/performance.md` and its plot: `python -m bench`."""

import argparse
import sys
from pathlib import Path

from bench.rendered import render_project

SIZES = (10_000, 100_000, 1_000_000)
ONLY = 'measure only operations with this in their name, or "axes", or "contention"; write nothing'


def main() -> None:
    """Render a project, measure all stacks, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="blocks of each stack per operation")
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="profiles in the largest table")
    parser.add_argument("--only", default="", help=ONLY)
    parser.add_argument("--output", type=Path, help="the folder to write to, docs by default")
    options = parser.parse_args()
    with render_project():
        # These import models, so that Django has to be set up first.
        from bench.report import DOCS, write
        from bench.run import run

        sizes = [size for size in SIZES if size <= options.rows]
        results = run(options.rounds, sizes, options.only)
        if not options.only:
            write(results, options.output or DOCS)
    sys.stderr.write("\n")


if __name__ == "__main__":
    main()
