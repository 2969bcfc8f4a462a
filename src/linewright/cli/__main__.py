"""`python -m linewright.cli` is the command `linewright`."""

import sys

from linewright.cli import main

sys.exit(main())
