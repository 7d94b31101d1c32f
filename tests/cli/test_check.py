"""Whatever is wrong with an installation is found, told in words, and none of them is somebody's."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, update

from bot.app import make_rules
from bot.config import new_key
from bot.run import Unfit, open_store
from bot.store import Circle, Linked, Outgoing, Room, State, Store, now, place
from bot.texts import Texts
from bridges.fake import FakeBridge
from bridges.model import Chat, Person, Send
from bridges.simulator import Control
from tests.cli.conftest import TOKEN, Home
from tests.conftest import TELEGRAM


def within(
    home: Home,
    *,
    old: timedelta = timedelta(0),
    dead: str = "",
    chats: tuple[Chat, ...] = (),
    circle: str = "Les Tilleuls",
) -> None:
    """Put chats into a circle, and a message of Ana's on its way."""

    async def fill() -> None:
        settings = home.settings()
        rules = make_rules(settings, Texts(), [FakeBridge("telegram", TELEGRAM)])
        async with open_store(settings, rules) as store:
            async with store.work() as work:
                made = Circle(commune="Bourg-Exemple", neighbourhood=circle, name=circle)
                work.add(made)
                await work.flush()
                assert made.id
                for chat in chats:
                    work.add(Room(network=chat.network, id=chat.id, title="Les Tilleuls", kind="room"))
                    work.add(Linked(network=chat.network, room=chat.id, circle=made.id))
            await queue(store, old, dead)

    asyncio.run(fill())


async def queue(store: Store, old: timedelta, dead: str) -> None:
    home = Chat("telegram", "-100")
    ana = Person("1", home, "canari-prénom")
    async with store.work() as work:
        await work.do(Send(chat=home, html="canari-texte", of=ana))
        await work.flush()
        change: dict[str, Any] = {"made": now() - old}
        if dead:
            change |= {"state": State.DEAD, "why": dead, "done": now()}
        await work.exec(update(Outgoing).where(col(Outgoing.kind) == "send").values(**change))


def write(home: Home, statement: str) -> None:
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute(statement)


def session(home: Home, token: str) -> None:
    """As after a first start."""
    made = {"user_id": "@palier:localhost", "device_id": "D", "access_token": token}
    keep(home, {"matrix.session": json.dumps(made)})


def keep(home: Home, values: dict[str, str | None]) -> None:
    async def save() -> None:
        async with open_store(home.settings()) as store:
            await store.save_all(values)

    asyncio.run(save())


def kept(home: Home, prefix: str) -> dict[str, str]:
    async def load() -> dict[str, str]:
        async with open_store(home.settings()) as store:
            return await store.load_all(prefix)

    return asyncio.run(load())


def test_a_fresh_installation_is_well(home: Home) -> None:
    home.sets_up(matrix=True)
    said = home.types("check")
    assert said.code == 0, said
    parts = "Telegram: @palier_bot", "@palier:localhost will log in", "is not running", "No group", "Nothing waits"
    for part in parts:
        assert part in said.out
    assert "ne travaille pas" in home.types("check", "--offline", LANG="fr_FR.UTF-8").out


@pytest.mark.parametrize(
    "command", ["run", "check", "migrate", "invite operator", "backup b.db", "restore b.db", "login"]
)
def test_every_command_says_where_the_settings_are_missing_or_broken(home: Home, command: str) -> None:
    words = command.split()
    assert "there is no such file; `palier setup` writes one" in home.fails(*words)
    home.config.write_text('language = "fr"\n[telegram\n')
    assert home.fails(*words).startswith("palier.toml, line 2: ")


def test_all_faults_of_the_settings_are_told(home: Home) -> None:
    home.sets_up()
    home.config.write_text(home.config.read_text().replace('"en"', '"de"').replace("Europe/Paris", "Paris"))
    said = home.types("check")
    assert said.code == 2
    assert ("language" in said.err, "timezone" in said.err, said.err.count("\n")) == (True, True, 2)
    assert "(and one more fault: palier check)" in home.fails("run")


@pytest.mark.parametrize("command", ["invite operator --offline", "run", "migrate", "restore copy.db"])
@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("newer", "written by a newer Palier"),
        ("key", "the key does not belong"),
        ("garbage", "cannot be used|no sound backup"),
    ],
)
def test_a_database_that_is_not_ours_is_refused(home: Home, command: str, harm: str, why: str) -> None:
    home.sets_up()
    match harm:
        case "newer":
            write(home, "update alembic_version set version_num = '9999'")
        case "key":
            (home.folder / "palier.key").write_text(new_key())
        case _:
            home.database.write_bytes(b"canari " * 1000)
    before = home.database.read_bytes()
    (home.folder / "copy.db").write_bytes(before)
    said = home.fails(*command.split())
    assert any(part in said for part in why.split("|")), said
    assert home.database.read_bytes() == before or harm == "key"
    report = home.types("check", "--offline")
    assert report.code == 1 and any(part in report.out for part in why.split("|"))


def test_an_older_or_an_absent_database_says_what_to_type(home: Home) -> None:
    home.sets_up()
    write(home, "delete from alembic_version")
    assert "type palier migrate" in home.fails("invite", "operator")
    said = home.types("check", "--offline")
    assert said.code == 1 and "type palier migrate" in said.out
    home.database.unlink()
    assert "there is no database" in home.fails("invite", "operator")


def test_a_database_that_another_program_holds(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.sets_up()
    monkeypatch.setattr("bot.store.inline.PATIENCE", 50)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert home.fails("invite", "operator").endswith("the database cannot be used: database is locked.")
    with pytest.raises(Unfit):
        asyncio.run(refused_in_memory(home))


async def refused_in_memory(home: Home) -> None:
    async with open_store(home.settings().model_copy(update={"database": "sqlite+inline:///:memory:"})):
        pass


def test_a_revoked_token_and_a_lost_session_say_what_to_do(home: Home) -> None:
    home.sets_up(matrix=True)
    session(home, "syt_old")
    (home.folder / "telegram.token").write_text("3:z")
    said = home.types("check")
    assert said.code == 1
    assert "Ask @BotFather for it (/token)" in said.out and "type palier login" in said.out
    (home.folder / "matrix.password").write_text("wrong")
    keep(home, {"matrix.keys.account": "a", "matrix.keys.olm.a": "b", "matrix.keys.cross-signing": "c"})
    assert "does not accept" in home.fails("login")
    assert len(kept(home, "matrix.keys.")) == 3
    (home.folder / "matrix.password").write_text("canari-mot-de-passe")
    assert "Logged in as @palier:localhost" in home.types("login").out
    assert kept(home, "matrix.keys.") == {"matrix.keys.cross-signing": "c"}  # the account's, not the former device's
    said = home.types("check")
    assert "Matrix: @palier:localhost" in said.out and "palier login" not in said.out


def test_a_network_that_does_not_answer(home: Home) -> None:
    home.sets_up(matrix=True)
    home.networks.do(home.networks.telegram.close())
    home.networks.homeserver.flows = ("m.login.sso",)
    said = home.types("check")
    assert said.code == 1
    assert "Telegram cannot be reached" in said.out and "lets nobody log in with a password" in said.out


def test_each_linked_chat_is_asked_about(home: Home) -> None:
    async def group() -> int:
        async with Control(home.networks.telegram.url) as control:
            made = await control.chat("Rue des Lilas", members=[int(TOKEN.split(":")[0])])
            return int(made)

    home.sets_up(matrix=True)
    session(home, home.networks.homeserver.session)
    telegram = home.networks.do(group())
    power = {"type": "m.room.power_levels", "state_key": "", "sender": "@a:localhost", "event_id": "$1", "content": {}}
    member = {
        "type": "m.room.member", "state_key": "@palier:localhost", "sender": "@a:localhost", "event_id": "$2",
        "content": {"membership": "join"},
    }  # fmt: skip
    home.networks.homeserver.state["!known:localhost"] = [{**one, "origin_server_ts": 1} for one in (power, member)]
    within(home, chats=(
        Chat("telegram", str(telegram)), Chat("telegram", "-100999"), Chat("matrix", "!known:localhost"),
        Chat("matrix", "!gone:localhost"),
    ))  # fmt: skip
    said = home.types("check")
    assert said.code == 1
    assert "the bot is no longer in « Les Tilleuls » (Telegram)" in said.out
    assert "the bot is no longer in « Les Tilleuls » (Matrix)" in said.out
    assert "« Rue des Lilas » (Telegram)" in said.out
    assert home.types("check", "--offline").out.count("not asked") == 4


def test_dead_letters_are_listed_without_words(home: Home) -> None:
    home.sets_up()
    within(home, dead="rights")
    said = home.types("check", "--offline")
    assert said.code == 0
    assert "send" in said.out and "rights: " in said.out and now().strftime("%Y-%m-%d") in said.out
    assert "canari" not in said.out and place(Chat("telegram", "-100")) not in said.out
    write(home, "update outgoing set why = 'defect'")
    assert home.types("check", "--offline").code == 1


def test_what_waits_too_long_is_told(home: Home) -> None:
    home.sets_up()
    within(home)
    assert "Waiting to be delivered: 1" in home.types("check", "--offline").out
    within(home, old=timedelta(hours=2), circle="Le Port")
    said = home.types("check", "--offline")
    assert said.code == 1 and "for 120 minutes" in said.out
