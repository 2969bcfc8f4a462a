"""Imported by the parent of all processes, so that none of them reads the catalogue or the commands again."""

from __future__ import annotations

import contextlib
import io

from linewright.catalogue import loader
from linewright.cli import main
from linewright.domain import remedies
from linewright.domain.waits import wait_in
from linewright.graph.sender import tls

loader.load(remedies.NAMES)
tls()
wait_in("Try again in 5 minutes.")
with contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
