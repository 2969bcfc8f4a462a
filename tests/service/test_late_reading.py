"""An answer that comes in late says how it was when it was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.service.api_client import stage_in
from tests.service.page_client import played

from linewright.domain.journal import Answer
from linewright.graph.client import GraphClient


@played
async def test_a_late_answer_does_not_cover_a_newer_one(tmp_path: Path) -> None:
    async with stage_in(tmp_path)() as stage:
        await stage.lw.check("shop")
        number = next(each for each in await stage.lw.numbers() if each["standing"] == "online")
        ask = GraphClient.read_number

        async def slowly(client: GraphClient, id: str, *args: Any, **named: Any) -> Answer:
            answer = await ask(client, id, *args, **named)
            with pytest.MonkeyPatch.context() as quickly:
                quickly.setattr(GraphClient, "read_number", ask)
                stage.clock.advance(20)
                stage.simulator.remote.change(stage.simulator.remote.numbers[id], {"registered": False})
                await stage.lw.check("shop")
            stage.clock.advance(5)
            return answer

        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(GraphClient, "read_number", slowly)
            await stage.lw.doctor(number["id"])
        assert (await stage.lw.number(number["id"]))["standing"] == "offline"
