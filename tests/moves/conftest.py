from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.service.api_client import stage_in
from tests.support.databases import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """A stage on each database: a home with the account `shop` and its twelve numbers, on a jumping clock."""
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        url = server.cleaned()
    return stage_in(tmp_path, database_url=url)
