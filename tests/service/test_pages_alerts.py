"""The page of the alerts, and the same over REST."""

from __future__ import annotations

from pathlib import Path

from tests.service.page_client import played, theatre_in
from tests.watch.receivers import receiver

from linewright.alerts import Alerts
from linewright.domain.happenings import Happening, HappeningKind
from linewright.store.users import Role


@played
async def test_an_admin_adds_tests_and_removes_a_channel(tmp_path: Path) -> None:
    with receiver() as hook:
        async with theatre_in(tmp_path) as theatre:
            admin = theatre.person(Role.ADMIN, "Root")
            empty = await admin.see("/alerts")
            assert "Nobody is told yet" in empty.text
            form = await admin.see("/alerts/new")
            wrong = await admin.send(form, "/alerts/channels", name="ops", address="nonsense", quiet="")
            assert (wrong.status, "Apprise knows no address" in wrong.text) == (422, True)
            assert "nonsense" not in wrong.html
            wrong = await admin.send(form, "/alerts/channels", name="o p s", address=hook.apprise, quiet="")
            assert (wrong.status, "s3cret" in wrong.html) == (422, False)
            wrong = await admin.send(form, "/alerts/channels", name="ops", address=hook.apprise, quiet="night")
            assert "These are no quiet hours" in wrong.text
            added = await admin.send(
                form, "/alerts/channels", name="ops", address=hook.apprise, quiet="22:00-07:00", zone="Europe/Berlin"
            )
            assert "quiet from 22:00 to 07:00, Europe/Berlin" in added.text
            assert "s3cret" not in added.html
            made = await admin.send(form, "/alerts/channels", name="hook", kind="webhook", address=hook.url, quiet="")
            assert "whsec_" in made.text
            page = await admin.see("/alerts")
            assert "whsec_" not in page.text
            assert "took the test" in (await admin.send(page, "/alerts/channels/ops/test")).text
            hook.statuses = [500]
            assert "It answered 500." in (await admin.send(page, "/alerts/channels/hook/test")).text
            gone = await admin.send(page, "/alerts/channels/hook/remove")
            assert "its address is forgotten" in gone.text
            acts = [row["action"] for row in theatre.stage.audit() if row["action"].startswith("channel")]
            assert acts == ["channel add", "channel add", "channel test", "channel test", "channel remove"]


@played
async def test_everybody_sees_what_was_told(tmp_path: Path) -> None:
    async with theatre_in(tmp_path) as theatre:
        lw, number = theatre.stage.lw, theatre.number("133010")
        now, store = theatre.stage.clock.now(), theatre.stage.lw.office.store
        changed = Happening(account="shop", kind=HappeningKind.PIN_CHANGED, at=now, heard_at=now, number=number)
        with store.database.writing() as connection:
            store.happenings.add(connection, [changed])
        await Alerts(lw.office).run_due()
        viewer = theatre.person(Role.VIEWER)
        page = await viewer.see("/alerts")
        assert "PIN was changed" in page.text
        assert f'href="/numbers/{number}"' in page.html
        assert "/alerts/new" not in page.html
        csrf = page.form("/logout")["fields"]["csrf"]
        refused = await viewer.post("/alerts/channels", csrf=csrf, name="x", kind="apprise", address="json://h")
        assert refused.status == 403
        nobody = await viewer.post("/alerts/channels", name="x", kind="apprise", address="json://h")
        assert nobody.status == 403


@played
async def test_channels_and_alerts_over_rest(tmp_path: Path) -> None:
    with receiver() as hook:
        async with theatre_in(tmp_path) as theatre:
            api = theatre.stage.api
            body = {"name": "hook", "kind": "webhook", "address": hook.url}
            quiet = {"from": "22:00", "until": "07:00", "zone": "Europe/Berlin"}
            made = await api.post("/channels", json=body | {"quiet": quiet})
            assert made.status_code == 201
            assert made.json()["secret"].startswith("whsec_")
            assert (made.json()["quiet"], "s3cret" in made.text) == (quiet, False)
            assert (await api.post("/channels", json=body)).status_code == 409
            wrong = await api.post("/channels", json=body | {"name": "b", "kind": "apprise", "address": "syslog://"})
            assert (wrong.status_code, wrong.json()["reason"]) == (422, "channel-address")
            (shown,) = (await api.get("/channels")).json()["items"]
            assert "secret" not in shown
            tried = (await api.post("/channels/hook/test")).json()["items"]
            assert tried == [{"channel": "hook", "ok": True, "error": None}]
            (alert,) = (await api.get("/alerts")).json()["items"]
            assert (alert["kind"], alert["deliveries"][0]["state"]) == ("test", "sent")
            assert (await api.get("/alerts", params={"cursor": alert["id"]})).json() == {"items": [], "next": None}
            assert (await api.get("/alerts", params={"cursor": "nobody"})).json() == {"items": [], "next": None}
            reader = theatre.stage.client("read")
            assert (await reader.get("/alerts")).status_code == 200
            assert (await reader.post("/channels", json=body)).status_code == 403
            assert (await api.delete("/channels/hook")).status_code == 200
            assert (await api.delete("/channels/hook")).status_code == 404


@played
async def test_a_link_is_sent_by_a_channel_from_the_desk_and_over_rest(tmp_path: Path) -> None:
    with receiver() as hook:
        async with theatre_in(tmp_path) as theatre:
            api = theatre.stage.api
            await api.post("/channels", json={"name": "chat", "kind": "apprise", "address": hook.apprise})
            opened = (await theatre.stage.register(theatre.e164("133006"))).json()
            operation = (await api.post(f"/operations/{opened['id']}/push")).json()
            task = operation["task"]["id"]
            sent = await api.post(f"/tasks/{task}/link", json={"send": "chat"})
            assert (sent.status_code, set(sent.json())) == (201, {"channel", "expires_at"})
            assert "/l/lwl_" in hook.posts[0].json["message"]
            assert (await api.post(f"/tasks/{task}/link", json={"send": "nobody"})).status_code == 404
            hook.statuses = [500]
            failed = await api.post(f"/tasks/{task}/link", json={"send": "chat"})
            assert (failed.status_code, failed.json()["reason"]) == (503, "channel-failed")
            operator = theatre.person()
            shown = await operator.send(await operator.see(f"/desk/{task}"), f"/desk/{task}/link")
            assert "/l/lwl_" in shown.text
            told = await operator.send(shown, f"/desk/{task}/link", send="chat")
            assert "The link was sent by chat" in told.text
            link = hook.posts[-1].json["message"].split()[-1]
            assert "/l/lwl_" in link
            assert link not in (await api.get("/alerts")).text + told.html
            assert (await operator.see(link)).status == 200
