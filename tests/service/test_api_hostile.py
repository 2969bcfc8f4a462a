"""Bodies, names and texts that nobody honest sends; and what is never given out."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path

import pytest
from tests.service.api_client import Stage, stage_in

PHONE = "+15550133005"
STRANGE = ("'; DROP TABLE numbers; --", "%00", "../../etc/passwd", "..%2F..%2Fhome", "<script>", "\u202e", "x" * 201)


def test_strange_bodies_are_refused_without_harm(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        deep = b"[" * 100_000
        for path in (f"/numbers/{PHONE}/operations", "/accounts", "/tasks/task-1/answer"):
            for body in (deep, b"\xff\xfe", b"{", b"null", b'{"goal": "\\ud800"}', b'{"value": 1e400}', b""):
                refused = await stage.api.post(path, content=body, headers={"Content-Type": "application/json"})
                assert refused.status_code == 422, (path, body[:20], refused.text)
                assert refused.json()["reason"] == "invalid"
        large = await stage.api.post("/explain", content=b"x" * 1_000_001)
        assert (large.status_code, large.json()["reason"]) == (413, "too-large")
        for text in (deep, b'{"error":' * 50_000, b'"' + b"\\" * 1_001 + b'"', b"\x00\xff", b'"133005"'):
            told = await stage.api.post("/explain", content=text)
            assert told.status_code == 200
        assert told.json()["code"] == 133005

    _played(tmp_path, story)


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_are_not_found(tmp_path: Path, name: str) -> None:
    async def story(stage: Stage) -> None:
        for path in ("/numbers/{}", "/numbers/{}/bundle", "/accounts/{}", "/operations/{}", "/tasks/{}", "/errors/{}"):
            found = await stage.api.get(path.format(name))
            assert found.status_code in (404, 422), (path, found.text)
        for param in ("cursor", "account", "search"):
            listed = await stage.api.get("/numbers", params={param: name})
            assert listed.status_code in (200, 422)
        assert (await stage.api.get("/numbers", params={"search": "\x00"})).status_code == 422

    _played(tmp_path, story)


def test_a_bundle_holds_no_secret_and_no_path_of_the_client(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await stage.register(PHONE, pin="111222")
        bundle = await stage.api.get(f"/numbers/{PHONE}/bundle")
        assert bundle.headers["content-type"] == "application/zip"
        assert bundle.headers["content-disposition"] == 'attachment; filename="linewright-300000000000005.zip"'
        archive = zipfile.ZipFile(io.BytesIO(bundle.content))
        texts = "".join(archive.read(name).decode() for name in archive.namelist())
        assert "133005" in texts
        assert "111222" not in texts
        assert stage.simulator.world.token.text not in texts
        assert stage.audit()[-1]["action"] == "bundle"

    _played(tmp_path, story)


def test_no_answer_and_no_refusal_repeats_a_secret(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        token = "EAA" + "Zz9" * 20
        answers = [
            await stage.api.post("/accounts", json={"name": "new", "waba": "123", "token": token}),
            await stage.api.post("/accounts", json={"name": "new", "waba": 5, "token": token}),
            await stage.api.patch("/accounts/shop", json={"token": token, "app_secret": token + "s"}),
            await stage.api.post(f"/numbers/{PHONE}/operations", json={"goal": "register", "pin": "9876543"}),
            await stage.api.post(f"/numbers/{PHONE}/operations", json={"goal": "register", "pin": ["987654"]}),
            await stage.api.post(f"/numbers/{PHONE}/operations", json={"goal": "sideways", "pin": "987654"}),
            await stage.api.get("/accounts"),
        ]
        for answer in answers:
            assert not any(secret in answer.text for secret in (token, "987654"))
        assert token not in json.dumps(stage.audit(), default=str)

    _played(tmp_path, story)


def _played(folder: Path, story: object) -> None:
    async def whole() -> None:
        async with stage_in(folder)() as stage:
            await story(stage)  # type: ignore[operator]  # a story of this file

    asyncio.run(whole())
