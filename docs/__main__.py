"""Draws what the documentation takes from the code: `make docs`. A test says when it is stale."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from docs.dependencies import licences, server_lock
from docs.drawn import NOTICE, commands, deciding, life, metrics, promises, python, rest
from docs.site import broken, build

from linewright.catalogue import loader, render
from linewright.config import Settings
from linewright.domain import lifecycle, remedies

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
DIAGRAM = re.compile(r"(```mermaid\n).*?(\n```)", re.DOTALL)


ERRORS = """# The errors

Every error of Meta's that Linewright knows on the way to a registered number, by its code; where one code means several
things, by code and subcode. Each entry says what it means, what to do (much of it Linewright does by itself, and then
it says so), and a sentence for the customer whose number it is. The same is told at a terminal, where a whole answer
or a line of a log will do too: `linewright explain 133005`. Neither asks Meta anything.

"""
SETTINGS = """# The settings

Each is a variable of the environment, or a line of `linewright.toml` in the home, where its name is written small and
without the prefix. The environment wins. Keep what is secret (the key, a database's password, a token) out of the
shell's history and of files that others can read.

```toml
public_url = "https://numbers.example"
log = "info"
```

"""


def readme() -> str:
    """The README with the lifecycle as the table has it."""
    return DIAGRAM.sub(lambda found: found[1] + lifecycle.mermaid() + found[2], README.read_text())


def errors() -> str:
    """Every entry of the catalogue."""
    entries = sorted(loader.load(remedies.NAMES).entries, key=lambda entry: (entry.code, entry.key))
    return NOTICE + ERRORS + "\n".join(render.markdown(entry).rstrip() + "\n" for entry in entries)


def settings() -> str:
    """Every setting, as it is declared."""
    rows = [
        "| setting | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "the platform's data folder" if name == "home" else field.default
        shown = "" if default in (None, "") else f"`{default}`" if name != "home" else default
        rows.append(f"| `LINEWRIGHT_{name.upper()}` | {shown} | {field.description} |")
    return NOTICE + SETTINGS + "\n".join(rows) + "\n"


REFERENCE = HERE / "reference"
PAGES = {
    README: readme,
    HERE / "errors.md": errors,
    HERE / "settings.md": settings,
    HERE / "licences.md": licences,
    HERE.parent / "deploy" / "requirements.lock": server_lock,
    REFERENCE / "commands.md": commands.page,
    REFERENCE / "rest.md": rest.page,
    REFERENCE / "python.md": python.page,
    REFERENCE / "metrics.md": metrics.page,
    REFERENCE / "promises.md": promises.page,
    REFERENCE / "deciding.md": deciding.page,
    REFERENCE / "life.md": life.page,
    REFERENCE / "life.svg": life.drawing,
}


def picture() -> str:
    """The end of a real run of the demo, as a drawing."""
    from rich.console import Console
    from rich.terminal_theme import MONOKAI

    from linewright.demo import run

    console = Console(record=True, width=132, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    if run(console=console, quiet=True) != 0:
        sys.exit("the demo did not end well")
    drawn = console.export_svg(title="make demo", theme=MONOKAI)
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).replace("Fira Code", "DejaVu Sans Mono")


def main() -> None:
    """Draws the pages, then builds the site; `--picture` draws the demo's picture anew, which takes a while."""
    for path, page in PAGES.items():
        path.write_text(page())
    if "--picture" in sys.argv:
        (HERE / "demo.svg").write_text(picture())
    site = HERE.parent / "build" / "site"
    if status := build(site, cache=HERE.parent / "build" / "doctrees"):
        sys.exit(status)
    if lost := list(broken(site)):
        sys.exit("Links that lead nowhere:\n" + "\n".join(lost))
    sys.stdout.write(f"The site is at {site / 'index.html'}\n")


if __name__ == "__main__":
    main()
