"""`python -m hoptac.train CONFIG` is `hoptac train CONFIG`; `accelerate launch -m hoptac.train CONFIG` uses several devices."""

import sys

from ..cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
