"""Moderators on real networks: a swindle is held, removed, appealed and lifted; a mute reaches the other side."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import pytest
import pytest_asyncio

from bot.demo.resident import Line, Resident, ResidentError
from bot.demo.synapse import Synapse
from bot.events import Tick
from bot.feature import Role
from bot.invitations import invite
from bot.store import now
from tests.fidelity.stage import PLACE, Pair, Stage, open_stage, until

SWINDLE = "Votre colis est bloqué, payez 1,95 € de frais sous 24h sur https://colis-suivi.example/payer"
PARTS = "Votre colis", "1,95", "colis-suivi"  # which read the same however a request is encoded
PLEA = "je suis le facteur, demandez autour de vous"
Seen = dict[str, Any]


class Overheard(Synapse):
    """A homeserver that is reached through a relay, which keeps every byte of every request."""

    _relay: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._relay.sockets[0].getsockname()[1]}" if self._relay else super().url

    async def start(self, patience: float = 60) -> Self:
        await super().start(patience)
        self._asked: list[bytearray] = []  # one for each connection
        self._relay = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return self

    async def stop(self, patience: float = 10) -> None:
        """The relay's connections end with the homeserver."""
        if self._relay:
            self._relay.close()
        await super().stop(patience)

    def heard(self, *words: str) -> list[str]:
        """Which of these words any request held."""
        return [one for one in words if any(one.encode() in asked for asked in self._asked)]

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._asked.append(asked := bytearray())
        source, sink = await asyncio.open_connection("127.0.0.1", int(super().url.rpartition(":")[2]))
        await asyncio.gather(pour(reader, sink, asked), pour(source, writer, bytearray()))


async def pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter, record: bytearray) -> None:
    """Carry bytes over until one side ends, and keep them."""
    with suppress(ConnectionError):
        while data := await source.read(65536):
            record += data
            sink.write(data)
            await sink.drain()
    sink.close()


@dataclass(slots=True)
class Quarter:
    """A linked pair, a desk on Telegram, and the moderators Mo and Max; Léo came in after the link and said yes."""

    pair: Pair
    stage: Stage
    desk: int
    mo: int
    max: int
    leo: int = 0

    async def sees(self, who: int, *words: str, chat: int = 0) -> Seen:
        """Somebody's last message with all these words, in the group or elsewhere; waits, and the bot's clock ticks."""

        async def look() -> list[Seen]:
            await self.stage.app.handle([Tick(at=now(), name="cases.note_results")])
            return list((await self.stage.control.view(chat or self.pair.group, who))["messages"])

        return await self.pair._seen(look, lambda one: all(each in one["text"] for each in words), 12)

    async def told(self, who: int, words: str) -> str:
        """What the bot says in the group so that only they see it; waits for it."""
        one = await self.sees(who, words)
        assert "ephemeral_message_id" in one and one["from"]["id"] == self.stage.bot["id"]
        for other in {self.stage.amina, self.stage.basile, self.mo, self.max, self.leo} - {who, 0}:
            assert words not in str(await self.stage.control.texts(self.pair.group, other))
        return str(one["text"])

    async def told_there(self, who: Resident, words: str) -> str:
        """What the bot says to a resident of Matrix where nobody else is; waits for it."""

        async def look() -> list[Line]:
            for room in await who.invitations():
                await who.join(room)
            rooms = (await who.call("GET", "/joined_rooms"))["joined_rooms"]
            return [line for room in rooms if len(await who.members(room)) == 2 for line in await who.timeline(room)]

        told = await self.pair._seen(look, lambda line: words in line.body, 12)
        assert words not in str(await self.stage.maelle.history(self.pair.room))
        return told.body

    async def card(self, *words: str) -> Seen:
        """The desk's message with all these words; waits for it."""
        return await self.sees(self.mo, *words, chat=self.desk)

    async def is_gone(self) -> bool:
        """Whether nobody sees the swindle itself in the group; its author does, in what the bot tells them."""
        people = self.stage.amina, self.leo, self.mo
        return all([SWINDLE not in await self.stage.control.texts(self.pair.group, who) for who in people])

    async def went_to(self, words: str) -> set[tuple[int, int]]:
        """To which chats, and to whom alone in them, the bot ever sent these words on Telegram, or tried."""
        calls = [call["params"] for call in await self.stage.control.calls()]
        sent = [(json.dumps(call, ensure_ascii=False), int(call.get("chat_id", 0))) for call in calls]
        alone = re.compile(r"receiver_user_id\W+(\d+)")
        return {(chat, int((alone.findall(call) or [0])[0])) for call, chat in sent if words in call}

    async def crossed_nothing(self) -> None:
        """No request to the homeserver ever held a part of the swindle, and no event that anybody may see does."""
        assert isinstance(homeserver := self.stage.synapse, Overheard)
        assert homeserver.heard("Bonjour de", PLEA, *PARTS) == ["Bonjour de"]
        for who in (self.stage.maelle, self.stage.yann, self.stage.me):
            events = json.dumps(await who.history(self.pair.room), ensure_ascii=False)
            assert "Bonjour de" in events and not [part for part in PARTS if part in events]

    async def level(self) -> int:
        """Yann's power level in the room, in which everybody has 0 and that is enough to write."""
        levels = await self.stage.maelle.state(self.pair.room, "m.room.power_levels")
        return int(levels["users"].get(self.stage.yann.user, 0))

    async def taps(self, who: int, head: str, verb: str) -> str:
        """A moderator taps a button at the desk; what the bot answers to that."""
        control, card = self.stage.control, await self.card(head)
        data = next(one["data"] for one in buttons(card) if one["data"].endswith(f" {verb}"))
        tap = await control.tap(self.desk, who, data, message=card["message_id"])

        async def look() -> list[Seen]:
            return [await control.tapped(tap)]

        return str((await self.pair._seen(look, lambda one: one["answered"], 12))["text"])

    async def comes(self, name: str) -> int:
        """Somebody enters the group, says hello, and taps yes under the question that only they see."""
        control, group = self.stage.control, self.pair.group
        who = await control.user(name, language_code="fr")
        await control.member(group, who, "member")
        await control.say(group, who, f"Bonjour de {name}")
        ask = await self.sees(who, "Voulez-vous que vos voisins")
        yes = next(one["data"] for one in buttons(ask) if one["text"].startswith("Oui, avec mon prénom"))
        await control.tap(group, who, yes, ephemeral_message=ask["ephemeral_message_id"])
        await self.pair.on_matrix(lambda line: line.body == f"{name} · Telegram: Bonjour de {name}")
        return who


def buttons(message: Seen) -> list[Seen]:
    """All that can be tapped under a message."""
    return [one for row in message["buttons"] for one in row]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One pair of networks for both stories."""
    folder = tmp_path_factory.mktemp("town")
    async with Overheard(folder / "synapse") as synapse, open_stage(folder, synapse) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def quarter(stage: Stage) -> Quarter:
    """A circle of its own for each story; the roles by their links, the desk by its command."""
    pair, control, people = await stage.pair(), stage.control, []
    for name, role in (("Odile", Role.OPERATOR), ("Mo", Role.MODERATOR), ("Max", Role.MODERATOR)):
        people.append(who := await control.user(name, language_code="fr"))
        await control.member(pair.group, who, "member")
        async with stage.app.store.work() as work:
            code = await invite(work, role, f"Bourg-Exemple/{PLACE}" if role is Role.MODERATOR else "")
        await control.start(who, stage.bot["id"], code)
    desk = await control.chat("Modération", members=[*people, stage.bot["id"]])
    quarter = Quarter(pair, stage, desk, *people[1:])
    for who in people:
        await quarter.sees(who, "Merci ! Vous êtes maintenant", chat=stage.bot["id"])
    await control.say(desk, people[0], "/moderation ici")
    await quarter.card("arrivent désormais ici")
    return quarter


@pytest.mark.asyncio(loop_scope="module")
async def test_a_swindle_is_held_removed_appealed_and_lifted(quarter: Quarter) -> None:
    quarter.leo = await quarter.comes("Léo")
    number = await is_held(quarter)
    for step in (is_removed, reasons_are_given, is_appealed, is_lifted):
        await step(quarter, number)


async def is_held(quarter: Quarter) -> str:
    """The words stay where they are, as corrected, their author alone hears why, the desk has a case; its number."""
    control, group, leo = quarter.stage.control, quarter.pair.group, quarter.leo
    await control.delay("sendMessage", 1, chat=quarter.desk)
    said = await control.say(group, leo, f"{SWINDLE}/vite")
    number = (await quarter.told(leo, "un modérateur le regarde")).rpartition("(Cas ")[2].rstrip(")")
    await control.edit(group, leo, said["message_id"], SWINDLE)  # while the case is on its way to the desk
    card = await quarter.card(f"Cas {number}", f"Léo · Telegram\n{SWINDLE}\nTrouvé : l'allure d'une arnaque au colis\n")
    assert {one["text"] for one in buttons(card)} >= {"Laisser passer", "Garder ici", "Retirer", "Avertir"}
    await quarter.pair.crossed("rien reçu, moi")  # said later, and there before
    assert not await quarter.is_gone() and await quarter.went_to("colis-suivi") == {(quarter.desk, 0)}
    await quarter.crossed_nothing()
    return number


async def is_removed(quarter: Quarter, number: str) -> None:
    """One tap, and they are gone from Telegram and from the desk; on Matrix they never were."""
    assert await quarter.taps(quarter.mo, f"Cas {number}", "remove") == "C'est fait."
    await until(quarter.is_gone)
    card = await quarter.card(f"Cas {number}", "Décidé", "retiré", "Fait dans 2 salons sur 2")
    assert not [part for part in PARTS if part in card["text"]] and not buttons(card)
    await quarter.crossed_nothing()


async def reasons_are_given(quarter: Quarter, number: str) -> None:
    """Whoever wrote them, and nobody else, is told what was decided and where, why, about what, by whom, what then."""
    lines = (await quarter.told(quarter.leo, f"Décision {number}, et ses raisons")).splitlines()
    circle = (await quarter.card(f"Cas {number}"))["text"].split(" · ")[1]
    assert lines[1:-1] == [
        "Décision : Le message est retiré de tous les salons du cercle.",
        f"Où : les salons du cercle « {circle} », sur Telegram et sur Matrix",
        "Règle : l'allure d'une arnaque au colis",
        f"Message concerné : {SWINDLE}",
        "Origine : le filtre du bot",
        "Machine : un filtre a retenu le message, puis une personne a décidé",
    ]
    assert "Recours : gratuit, jusqu'au" in lines[-1] and f"/recours {number}, puis vos raisons" in lines[-1]
    assert await quarter.went_to("colis-suivi") == {(quarter.desk, 0), (quarter.pair.group, quarter.leo)}


async def is_appealed(quarter: Quarter, number: str) -> None:
    """What is said against it is read at the desk alone, and whoever decided has no say in it."""
    head, command = f"Recours, cas {number}", f"/recours {number} {PLEA}"
    await quarter.stage.control.say(quarter.pair.group, quarter.leo, command)
    await quarter.told(quarter.leo, f"Votre recours contre la décision {number} est noté.")
    await quarter.card(head, PLEA, SWINDLE)
    assert PLEA not in str(await quarter.stage.control.texts(quarter.pair.group, quarter.stage.amina))
    assert "une autre personne doit répondre au recours" in await quarter.taps(quarter.mo, head, "lift")
    await quarter.pair.crossed("toujours rien reçu")  # said after the tap
    await quarter.card(head, PLEA, SWINDLE)
    assert await quarter.is_gone() and await quarter.went_to(PLEA) == {(quarter.desk, 0)}
    await quarter.crossed_nothing()


async def is_lifted(quarter: Quarter, number: str) -> None:
    """The other moderator lifts it: the words are on both networks, and no longer at the desk."""
    assert await quarter.taps(quarter.max, f"Recours, cas {number}", "lift") == "C'est fait."
    again = await quarter.sees(quarter.stage.amina, "Ce message de Léo avait été retiré par erreur", SWINDLE)
    assert again["from"]["id"] == quarter.stage.bot["id"] and again["message_id"]
    copy = await quarter.pair.on_matrix(lambda line: "Votre colis" in line.body)
    assert copy.body == f"Léo · Telegram: {SWINDLE}" and copy.profile == "Léo · Telegram"
    await quarter.told(quarter.leo, f"La décision {number} est annulée")
    await quarter.card(f"Recours, cas {number}", "Recours accepté : la décision est levée")
    await quarter.card(f"Cas {number}", "Annulé le", "Recours accepté : la décision est levée")
    desk = str(await quarter.stage.control.texts(quarter.desk, quarter.max))
    assert not [words for words in (*PARTS, PLEA) if words in desk]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_resident_of_matrix_is_muted_from_telegram_and_back(quarter: Quarter) -> None:
    pair, control, maelle, yann = quarter.pair, quarter.stage.control, quarter.stage.maelle, quarter.stage.yann
    await yann.send(pair.room, "bonjour de Yann")
    copy = await pair.on_telegram(lambda one: one["text"] == "Yann · Matrix: bonjour de Yann")
    assert await quarter.level() == 0
    await pair.crossed_back("bonjour de Maëlle")  # so the bot has noted which message the first copy is
    await control.say(pair.group, quarter.mo, "/muet 1h du calme", reply_to=copy["message_id"])
    number = (await quarter.told(quarter.mo, "Plus de messages dans ce cercle")).partition("\n")[0].removeprefix("Cas ")
    assert "Précision : du calme" in await quarter.told_there(yann, f"Décision {number}, et ses raisons")
    card = await quarter.card(f"Cas {number}", "ouvert par un modérateur", "Fait dans 2 salons sur 2")
    muted = await quarter.level()
    assert muted < 0 and "bonjour" not in card["text"]
    with pytest.raises(ResidentError, match="M_FORBIDDEN"):
        await yann.send(pair.room, "par la porte")
    await maelle.appoint(pair.room, yann.user, 0)  # by hand: the bot keeps his words back all the same
    await yann.send(pair.room, "par la fenêtre")
    await pair.crossed_back("moi, je peux")  # said later, and there before
    assert await quarter.went_to("par la fenêtre") == set()
    assert "/muet" not in str(await control.texts(pair.group, quarter.stage.amina))
    await maelle.appoint(pair.room, yann.user, muted)
    await control.say(pair.group, quarter.mo, "/annuler")
    await quarter.told(quarter.mo, f"Cas {number}, annulé")
    await quarter.told_there(yann, f"La décision {number} est annulée")
    await quarter.card(f"Cas {number}", "Annulé le", " : muet\nFait dans 2 salons sur 2")
    assert await quarter.level() == 0
    await yann.send(pair.room, "me revoilà")
    await pair.on_telegram(lambda one: one["text"] == "Yann · Matrix: me revoilà")
    assert await quarter.went_to("par la fenêtre") == set()
