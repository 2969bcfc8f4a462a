"""The documentation as a site: `make docs` writes it to build/site, with nothing from another host in it."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "Linewright"
author = "Linewright's developers"
version = release = version_of("linewright")
extensions = ["myst_parser"]
exclude_patterns = ["drawn", "__pycache__"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["myst.header"]
html_theme = "furo"
html_title = "Linewright"
html_static_path = ["static"]
html_extra_path = ["prometheus", "grafana", "recovery.png", "recovery-narrow.png"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0f6b5a",
        "color-brand-content": "#0f6b5a",
        "color-brand-visited": "#0f6b5a",
        "font-stack": '"DejaVu Sans", system-ui, -apple-system, "Segoe UI", sans-serif',
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cc7b2",
        "color-brand-content": "#5cc7b2",
        "color-brand-visited": "#5cc7b2",
    },
}
