"""The examples of the OpenAPI document: real answers of one story. `python -m tests.service.examples` writes them."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.service.api_client import Stage, stage_in
from tests.support.signups import app_kept, customer

from linewright.service.api import examples

__all__ = ["FILE", "played"]

FILE = Path(examples.__file__).with_name("examples.json")
PHONE = "+15550133005"


def played() -> dict[str, Any]:
    """A number whose PIN is refused: it asks, and is answered."""

    async def whole() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            async with stage_in(Path(folder))() as stage:
                return await _story(stage)

    return asyncio.run(whole())


async def _story(stage: Stage) -> dict[str, Any]:
    async def got(path: str) -> Any:
        return (await stage.api.get(path)).json()

    asked = (await stage.register(PHONE, pin="111222")).json()
    told = {
        "operation": asked,
        "task": asked["task"],
        "pin": await got(f"/numbers/{PHONE}/pin"),
        "number": await got(f"/numbers/{PHONE}"),
        "plan": await got(f"/numbers/{PHONE}/plan?depth=1"),
        "account": await got("/accounts/shop"),
        "entry": next(each for each in (await got("/errors"))["items"] if each["code"] == 133016),
        "explanation": await got("/errors/133016"),
        "service": await got("/service"),
        "problem": (await stage.api.post(f"/numbers/{PHONE}/operations", json={"goal": "verify"})).json(),
        "adopted": await _adopted(stage),
        "reason": (await stage.api.get("http://service.test/problems/operation-open")).json(),
    }
    taken = (await stage.api.post("/imports", content=b"phone,account\n+15550133010,shop\n")).json()["import"]
    pushed = (await stage.api.post(f"/imports/{taken['id']}/push")).json()
    return told | {"import": pushed, "import_row": (await got(f"/imports/{taken['id']}/rows"))["items"][0]}


async def _adopted(stage: Stage) -> Any:
    await app_kept(stage.lw, stage.simulator)
    return (await stage.api.post("/adopt", json=customer(stage.simulator).body)).json()


if __name__ == "__main__":
    FILE.write_text(json.dumps(played(), indent=1, ensure_ascii=False) + "\n")
