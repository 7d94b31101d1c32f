"""The same in an encrypted room, with a client that gives no key to a device that its owner has not signed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

from bot.gate import Choice
from bridges.model import Chat, Person
from bridges.simulator import Item
from bridges.simulator.media import sample
from tests.bridges.keys.sealed import Sealed, signed_devices
from tests.fidelity.stage import Pair
from tests.fidelity.table import BACK, FORTH, row


@asynccontextmanager
async def sealed(pair: Pair) -> AsyncIterator[tuple[Pair, Sealed]]:
    """The group of a pair with an encrypted room of Nour's, who said yes."""
    stage = pair.stage
    nour = await Sealed.login(stage.synapse, f"nour{token_hex(3)}", "Nour")
    try:
        room = await nour.room(stage.me.user)
        await stage.me.join(room)
        group = await stage.control.chat("Chiffré", members=[stage.amina, stage.bot["id"]])
        await stage.control.member(group, stage.bot["id"], "administrator", rights={"can_delete_messages": True})
        secret = await stage.link(group, room)
        async with stage.app.store.work() as work:
            circle = await work.circle(Chat("matrix", room))
            assert circle
            nours = await work.decide(Person(nour.user, Chat("matrix", room), "Nour"), circle, Choice.NAMED)
            nours.media = True
        yield secret, nour
    finally:
        await nour.close()


@row("encrypted room", FORTH, "encrypted for devices in the room, from a device that its owner has signed; files too")
async def forth(pair: Pair) -> None:
    async with sealed(pair) as (secret, nour):
        await secret.says("à huis clos")
        event = await nour.until("à huis clos")
        assert "Amina · Telegram" in event["content"]["body"] and not nour.unreadable
        assert signed_devices(await nour.query(pair.stage.me.user), pair.stage.me.user)
        await secret.stage.control.send(secret.group, secret.stage.amina, Item(kind="photo", caption="sous clé"))
        shown = (await nour.until("sous clé"))["content"]
        assert "url" not in shown and shown["file"]["v"] == "v2"
        stored = await secret.stage.me.download(shown["file"]["url"])
        assert stored != sample("photo").data and len(stored) == shown["info"]["size"]


@row("encrypted room", BACK, "decrypted; edits and answers too; nothing readable on the homeserver")
async def back(pair: Pair) -> None:
    async with sealed(pair) as (secret, nour):
        first = await nour.say(secret.room, "de l'intérieur")
        one = await secret.on_telegram(lambda one: "de l'intérieur" in one.get("text", ""))
        assert one["text"].startswith("Nour · Matrix")
        relation = {"rel_type": "m.replace", "event_id": first}
        new = {"msgtype": "m.text", "body": "du dedans", "m.mentions": {}}
        await nour.say(secret.room, "* du dedans", **{"m.new_content": new, "m.relates_to": relation})
        edited = await secret.on_telegram(lambda one: "du dedans" in one.get("text", ""))
        assert edited["message_id"] == one["message_id"]
        assert "dedans" not in str(await secret.stage.me.history(secret.room))


@row("encrypted room, late key", BACK, "kept sealed, relayed when its key comes, marked as late")
async def late(pair: Pair) -> None:
    async with sealed(pair) as (secret, nour):
        await nour.say(secret.room, "bonjour")
        await secret.on_telegram(lambda one: "bonjour" in one.get("text", ""))
        await nour.say_without_key(secret.room, "sans sa clé")
        await secret.quiet()
        assert not [one for one in await secret.telegram() if "sans sa clé" in one.get("text", "")]
        await nour.give_key(secret.room, secret.stage.me.user)
        one = await secret.on_telegram(lambda one: "sans sa clé" in one.get("text", ""))
        assert "en retard" in one["text"]


