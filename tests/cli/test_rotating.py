"""A new key: everything is made anew with it, the old one opens nothing, and being cut off harms nothing."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from nio.crypto.sessions import OlmAccount
from sqlmodel import select

from bot.cli import rotating
from bot.run import open_store, secret
from bot.store import Consent, Copy, Mandate, Outgoing, Receipt, Seen, Sighting, Work
from bridges.matrix.keys.store import KeyStore
from bridges.model import Chat, Person, Ref, Send
from tests.cli.conftest import Home
from tests.cli.test_keeping import running

ANA = Person("4711", Chat("telegram", "-100"), "Ana Canari")


async def fill(home: Home) -> set[str]:
    """A database with something in every kind of column; gives what nobody shall find in it afterwards."""
    settings = home.settings()
    async with open_store(settings) as store:
        async with store.work() as work:
            me, sealed = work.hash(ANA), work.seal.close("telegram 4711")
            work.add(Mandate(person=me, role="operator", scope="", identity=sealed))
            work.add(Receipt(person=me, identity=sealed, circle=1, purpose="relay", choice="named", wording="1 fr x"))
            work.add(Copy(origin="telegram|-100|1", network="matrix", room="!a", id="$1", of=me))
            work.sight(Ref(Chat("telegram", "4711"), "7"))
            await work.first_time(f"told contact {me}")
            work._queue(Send(chat=Chat("telegram", "4711"), html="canari", of=ANA, to=ANA), bulk=False)
            await work.invite("CODE", "link", hours=1, by=me)
            await work.count(ANA.chat, "heard")
            hashes = {me, work.place(Chat("telegram", "4711")), work.room_hash(Chat("telegram", "4711")),
                      work.seal.find("code", "CODE"), work.place(ANA.chat)}  # fmt: skip
        account = KeyStore({}, secret(settings, rotating.PICKLE), "D1", Counter())
        account.save_account(OlmAccount())
        await account.flush(store)
    return hashes


async def knows(home: Home) -> dict[str, object]:
    """What the bot finds in its database by what it knows of the world."""
    settings = home.settings()
    async with open_store(settings) as store:
        kept = await store.load_all("matrix.keys.")
        async with store.work() as work:
            (row,) = (await work.exec(select(Outgoing))).all()
            return {
                "roles": [mandate.role for mandate in await work.mandates(ANA)],
                "identity": [work.seal.open(one.identity) for one in await work.exec(select(Receipt))],
                "author": await work.author(Ref(Chat("telegram", "-100"), "1")) == work.hash(ANA),
                "newest": await work.newest(Chat("telegram", "4711")),
                "code": (await work.invitation("CODE")) is not None,
                "again": await work.first_time(f"told contact {work.hash(ANA)}"),
                "lane": row.lane == f"{work.place(Chat('telegram', '4711'))} {work.hash(ANA)}",
                "words": "canari" in work.seal.open(row.payload or b""),
                "account": KeyStore(
                    kept, secret(settings, rotating.PICKLE), "D1", Counter()
                ).load_account() is not None,
            }  # fmt: skip


EVERYTHING = {
    "roles": ["operator"], "identity": ["telegram 4711"], "author": True, "newest": 7, "code": True, "again": False,
    "lane": True, "words": True, "account": True,
}  # fmt: skip


def bytes_of(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.folder.glob("palier.db*"))


def test_everything_is_found_again_and_nothing_of_the_old_key_is_left(home: Home) -> None:
    home.sets_up()
    hashes = asyncio.run(fill(home))
    old = (home.folder / "palier.key").read_text()
    assert all(one.encode() in bytes_of(home) for one in hashes)
    for _ in range(2):  # a second change hashes what the first one hashed
        said = home.types("rotate-key")
        assert said.code == 0 and "open with the old key alone" in said.out, said
        assert asyncio.run(knows(home)) == EVERYTHING
        assert [one for one in hashes if one.encode() in bytes_of(home)] == []
    assert (home.folder / "palier.key").read_text() != old
    assert len(list(home.folder.glob("palier.key.*"))) == 2
    (home.folder / "palier.key").unlink()
    (home.folder / "palier.key").write_text(old)
    (home.folder / "palier.key").chmod(0o600)
    assert "palier.key" in home.fails("migrate")


@pytest.mark.parametrize("when", ["before the commit", "before the renaming", "between link and renaming"])
def test_cut_off_anywhere_the_same_command_goes_on(home: Home, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home.sets_up()
    asyncio.run(fill(home))

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if when == "before the commit":
            patch.setattr(Work, "keep", dies)
        elif when == "before the renaming":
            patch.setattr(rotating, "exchange", dies)
        else:
            patch.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(rotating.rotate(home.settings()))
    if when == "before the commit":
        assert asyncio.run(knows(home)) == EVERYTHING
    else:
        assert "rotate-key" in home.fails("migrate")
    assert home.types("rotate-key").code == 0
    assert asyncio.run(knows(home)) == EVERYTHING
    assert not (home.folder / "palier.key.new").exists()


def test_a_running_bot_keeps_its_key(home: Home) -> None:
    home.sets_up()
    with running(home):
        assert "already" in home.fails("rotate-key")
    assert not list(home.folder.glob("palier.key.*"))


def test_a_key_from_the_environment_is_not_changed(home: Home) -> None:
    home.sets_up()
    key = (home.folder / "palier.key").read_text().strip()
    (home.folder / "palier.key").unlink()
    assert "PALIER_KEY" in home.fails("rotate-key", PALIER_KEY=key)


def test_a_table_of_hashes_says_so() -> None:
    """Whatever is looked up by a keyed hash has to follow a change of the key."""
    columns = {(c.table.name, c.name): c.info for kind in (Outgoing, Seen, Sighting, Consent, Copy)
               for c in kind.metadata.tables[str(kind.__tablename__)].c}  # fmt: skip
    for name in (("outgoing", "place"), ("outgoing", "lane"), ("outgoing", "room"), ("outgoing", "of"), ("copy", "of"),
                 ("sighting", "room"), ("seen", "key"), ("consent", "person")):  # fmt: skip
        assert "keyed" in columns[name] or "purpose" in columns[name]
