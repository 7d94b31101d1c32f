"""What every bridge promises, whatever its network; `test_contract.py` holds each of them to it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridges import markup
from bridges.markup import escape
from bridges.model import (
    Act,
    Admit,
    AskedIn,
    Chat,
    ClearReactions,
    Edit,
    Edited,
    Happened,
    Lock,
    Menu,
    MenuItem,
    Message,
    Pin,
    React,
    Reacted,
    Ref,
    Remove,
    Removed,
    Restrict,
    Right,
    Send,
    Toast,
)
from bridges.port import ACTS, Fate, Refused, TryLater
from tests.bridges.labs import PAUSE, Lab, bare, listening
from tests.bridges.matrix_lab import Ear, until

# Each has a text for people (`refused-…`).
KEYS = {
    "defect", "gone", "is-admin", "kept", "kicked", "migrated", "no-right", "not-in-this-group", "not-there", "refused",
    "rights", "too-long", "topic-closed", "unreachable",
}  # fmt: skip
SUBSET = [
    "<b>bold</b> <i>italic</i> <u>underlined</u> <s>struck</s> <b>both <i>at once</i></b>",
    "<tg-spoiler>hidden</tg-spoiler> <code>x &lt; y &amp;&amp; z</code>",
    'before\n<pre><code class="language-python">if a:\n    b()</code></pre>\nafter',
    "<pre>plain\n  text</pre>",
    "<blockquote>two\nlines</blockquote>\nand an answer",
    "<blockquote expandable>much\nmore</blockquote>",
    'a <a href="https://example.org/?a=1&amp;b=2">link</a>, 😀 <b>after an emoji</b>',
    "one\ntwo\n\nfour",
]
HOSTILE = [
    "<script>alert(1)</script> & <b>not bold</b></b>",
    "*no* _markdown_ `here` [x](https://example.org)",
    "&lt;b&gt; stays as it is &amp;amp;",
    '"><img src=x onerror=alert(1)> <mx-reply>x</mx-reply>',
]


class BridgeContract:
    """Held against the `lab` that a test module provides."""

    @pytest.fixture
    async def ear(self, lab: Lab) -> AsyncIterator[Ear]:
        """What a running bridge delivers."""
        ear = Ear()
        async with listening(lab, ear):
            yield ear

    # --- what happens

    async def test_what_is_said_arrives_once_and_in_order(self, lab: Lab, ear: Ear) -> None:
        refs = [await lab.says(name, f"<b>{n}</b> &amp; more") for n, name in enumerate(["Ana", "Bea", "Ana", "Ana"])]
        await until(lambda: len(ear.of(Message)) >= len(refs))
        await asyncio.sleep(0.05)
        messages = ear.of(Message)
        assert [message.ref for message in messages] == refs
        assert [message.html for message in messages] == [f"<b>{n}</b> &amp; more" for n in range(4)]
        assert [message.sender for message in messages] == [lab.person(name) for name in ("Ana", "Bea", "Ana", "Ana")]
        assert len({message.key for message in messages}) == 4
        assert all(abs(datetime.now(UTC) - message.at).total_seconds() < 60 for message in messages)
        assert not any(message.private or message.whispered for message in messages)

    async def test_what_the_inbox_did_not_take_comes_again(self, lab: Lab) -> None:
        ear = Ear()
        async with listening(lab, ear) as running:
            ear.strike = ConnectionError("the database is away")
            first = await lab.says("Ana", "first")
            await until(running.done)
            assert isinstance(running.exception(), ConnectionError)
        second = await lab.says("Ana", "second")
        async with listening(lab, ear):
            await until(lambda: len(ear.of(Message)) >= 2)
        assert [message.ref for message in ear.of(Message)] == [first, second]

    async def test_what_is_said_meanwhile_is_heard_after_a_restart(self, lab: Lab) -> None:
        ear = Ear()
        async with listening(lab, ear):
            before = await lab.says("Ana", "before")
            await until(lambda: ear.of(Message))
        await lab.restart()
        meanwhile = [await lab.says("Bea", f"meanwhile {n}") for n in range(15)]
        async with listening(lab, ear):
            after = await lab.says("Ana", "after")
            await until(lambda: any(message.ref == after for message in ear.of(Message)))
        # A batch that was handled but not confirmed may come again, under the keys that it had.
        once = {message.key: message.ref for message in ear.of(Message)}
        assert list(once.values()) == [before, *meanwhile, after]

    async def test_its_own_words_never_come_back(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.bridge.do(Send(chat=lab.chat, html="mine"), key="1")
        assert ref
        await lab.bridge.do(Edit(chat=lab.chat, html="mine, edited", ref=ref), key="2")
        await lab.bridge.do(React(chat=lab.chat, ref=ref, emoji=("👍",)), key="3")
        theirs = await lab.says("Ana", "theirs")
        await until(lambda: ear.of(Message))
        await asyncio.sleep(0.05)
        assert [event.ref for event in ear.of(Happened) if hasattr(event, "ref")] == [theirs]

    async def test_an_answer_names_what_it_answers(self, lab: Lab, ear: Ear) -> None:
        theirs = await lab.says("Ana", "question")
        mine = await lab.bridge.do(Send(chat=lab.chat, html="mine"), key="1")
        assert mine
        for to in (theirs, mine):
            await lab.says("Bea", "answer", reply_to=to)
        await until(lambda: len(ear.of(Message)) == 3)
        assert [message.reply_to for message in ear.of(Message)] == [None, theirs, mine]
        assert [message.html for message in ear.of(Message)][1:] == ["answer", "answer"]

    async def test_an_edit_is_heard_under_the_first_name_of_the_message(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "befor")
        await lab.edits("Ana", ref, "<i>before</i>")
        await until(lambda: ear.of(Edited))
        [edited] = ear.of(Edited)
        assert (edited.ref, edited.html, edited.sender) == (ref, "<i>before</i>", lab.person("Ana"))

    async def test_a_removal_is_heard_where_the_network_tells(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "oops")
        await lab.removes("Ana", ref)
        last = await lab.says("Ana", "last")
        await until(lambda: any(message.ref == last for message in ear.of(Message)))
        assert [removed.ref for removed in ear.of(Removed)] == ([ref] if lab.removals else [])

    async def test_reactions_are_heard_when_they_come_and_when_they_go(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "hello")
        await lab.reacts("Bea", ref, "👍")
        await until(lambda: ear.of(Reacted))
        [reacted] = ear.of(Reacted)
        assert (reacted.ref.id, reacted.added, reacted.removed) == (ref.id, ("👍",), ())
        assert reacted.sender.id == lab.person("Bea").id
        await lab.reacts("Bea", ref)
        await until(lambda: ear.of(Removed) or len(ear.of(Reacted)) == 2)
        if reacted.mark:
            assert [removed.ref.id for removed in ear.of(Removed)] == [reacted.mark]
        else:
            assert [one.removed for one in ear.of(Reacted)] == [(), ("👍",)]

    async def test_formatting_is_heard_whole(self, lab: Lab, ear: Ear) -> None:
        for html in SUBSET:
            await lab.says("Ana", html)
        await until(lambda: len(ear.of(Message)) == len(SUBSET))
        assert [message.html for message in ear.of(Message)] == [markup.clean(html) for html in SUBSET]

    async def test_what_people_type_is_never_markup(self, lab: Lab, ear: Ear) -> None:
        for text in HOSTILE:
            await lab.says("Ana", escape(text))
        await until(lambda: len(ear.of(Message)) == len(HOSTILE))
        assert [message.html for message in ear.of(Message)] == [escape(text) for text in HOSTILE]

    async def test_a_long_text_is_heard_whole(self, lab: Lab, ear: Ear) -> None:
        text = "é😀 & " * (lab.longest // 6)
        await lab.says("Ana", escape(text.strip()))
        await until(lambda: ear.of(Message))
        assert ear.of(Message)[0].html == escape(text.strip())

    # --- what is to be done

    async def test_words_are_shown_with_their_formatting(self, lab: Lab) -> None:
        refs = [await lab.bridge.do(Send(chat=lab.chat, html=html), key=str(n)) for n, html in enumerate(SUBSET)]
        shown = await lab.seen()
        assert [Ref(lab.chat, one.id) for one in shown] == refs
        assert [one.html for one in shown] == [markup.clean(html) for html in SUBSET]
        assert all(one.mine for one in shown)

    async def test_hostile_words_are_shown_as_words(self, lab: Lab) -> None:
        for n, text in enumerate(HOSTILE):
            await lab.bridge.do(Send(chat=lab.chat, html=escape(text), by="<b>Ana</b>"), key=str(n))
        shown = [one.html for one in await lab.seen()]
        assert [markup.plain(html) for html in shown] == [f"<b>Ana</b>: {text}" for text in HOSTILE]
        assert all(html.endswith(escape(text)) for html, text in zip(shown, HOSTILE, strict=True))

    async def test_a_message_of_full_length_is_sent(self, lab: Lab) -> None:
        text = "é" * min(lab.bridge.capabilities(lab.chat).text_length, 20_000)
        await lab.bridge.do(Send(chat=lab.chat, html=text), key="1")
        assert [one.html for one in await lab.seen()] == [text]

    async def test_an_answer_is_shown_as_one(self, lab: Lab, ear: Ear) -> None:
        theirs = await lab.says("Ana", "question")
        mine = await lab.bridge.do(Send(chat=lab.chat, html="answer", reply_to=theirs), key="1")
        assert mine
        assert [(one.id, one.reply_to) for one in await lab.seen()] == [(theirs.id, ""), (mine.id, theirs.id)]

    async def test_an_edit_is_shown_and_may_change_nothing(self, lab: Lab) -> None:
        ref = await lab.bridge.do(Send(chat=lab.chat, html="befor"), key="1")
        assert ref
        for key in ("2", "3"):
            assert await lab.bridge.do(Edit(chat=lab.chat, html="<b>before</b>", ref=ref), key=key) == ref
        assert [(one.id, one.html) for one in await lab.seen()] == [(ref.id, "<b>before</b>")]

    async def test_a_removal_takes_the_words_away(self, lab: Lab) -> None:
        ref = await lab.bridge.do(Send(chat=lab.chat, html="oops"), key="1")
        assert ref
        await lab.bridge.do(Edit(chat=lab.chat, html="oops, edited", ref=ref), key="2")
        assert await lab.bridge.do(Remove(chat=lab.chat, ref=ref), key="3") == ref
        assert await lab.seen() == []

    async def test_the_bots_reactions_are_just_these(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "hello")
        for key, emoji in enumerate([("👍",), ("👍",), ("❤️",), ()]):
            await lab.bridge.do(React(chat=lab.chat, ref=ref, emoji=emoji), key=str(key))
            assert [one.reactions for one in await lab.seen()] == [bare(emoji)]

    async def test_a_message_is_pinned_and_unpinned(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "keep")
        for key, on in enumerate([True, True, False, False]):
            await lab.bridge.do(Pin(chat=lab.chat, ref=ref, on=on), key=str(key))
            assert await lab.pinned() == ([ref.id] if on else [])

    async def test_a_whisper_is_seen_by_one_person(self, lab: Lab) -> None:
        ref = await lab.bridge.do(Send(chat=lab.chat, html="for Ana", to=lab.person("Ana")), key="1")
        assert ref
        assert await lab.told("Ana") == ["for Ana"]
        assert await lab.told("Bea") == []

    async def test_a_whisper_takes_the_place_of_another(self, lab: Lab) -> None:
        ana = lab.person("Ana")
        ref = await lab.bridge.do(Send(chat=lab.chat, html="first", to=ana), key="1")
        await lab.bridge.do(Send(chat=lab.chat, html="then", to=ana, instead=ref), key="2")
        told = await lab.told("Ana")
        assert told[-1] == "then"
        if lab.bridge.capabilities(lab.chat).whispers:
            assert told == ["then"]

    async def test_the_same_key_acts_once_where_the_network_allows(self, lab: Lab) -> None:
        refs = {await lab.bridge.do(Send(chat=lab.chat, html="once"), key="same") for _ in range(2)}
        assert len(refs) == len(await lab.seen()) == (1 if lab.once else 2)

    # --- what moderators do

    async def test_a_mute_is_undone_by_freeing(self, lab: Lab, ear: Ear) -> None:
        before, bea = await lab.rules(), lab.person("Bea")
        for key in ("1", "2"):
            assert await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="mute"), key=key) is None
            assert not await lab.may_write("Bea") and await lab.may_write("Ana") and await lab.is_in("Bea")
        await lab.restart()
        for key in ("3", "4"):
            await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="free"), key=key)
            assert await lab.may_write("Bea")
        assert await lab.rules() == before

    async def test_a_mute_with_an_end_holds_now_and_one_that_is_over_never_began(self, lab: Lab) -> None:
        bea, now = lab.person("Bea"), datetime.now(UTC)
        over = Restrict(chat=lab.chat, person=bea, what="mute", until=now - timedelta(seconds=1))
        await lab.bridge.do(over, key="1")
        assert await lab.may_write("Bea")
        await lab.bridge.do(replace(over, until=now + timedelta(hours=1)), key="2")
        assert not await lab.may_write("Bea")

    async def test_who_is_banned_is_out_and_may_come_back_when_freed(self, lab: Lab) -> None:
        before, bea = await lab.rules(), lab.person("Bea")
        for key in ("1", "2"):
            await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="ban"), key=key)
            assert not await lab.is_in("Bea") and not await lab.may_write("Bea")
        await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="mute"), key="mute")
        assert not await lab.is_in("Bea")
        for key in ("3", "4"):
            await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="free"), key=key)
        await lab.bridge.do(Restrict(chat=lab.chat, person=bea, what="free"), key="5")
        await lab.comes("Bea")
        assert await lab.may_write("Bea")
        assert await lab.rules() == before

    async def test_who_administers_cannot_be_restricted(self, lab: Lab) -> None:
        for what in ("mute", "ban"):
            with pytest.raises(Refused) as no:
                await lab.bridge.do(Restrict(chat=lab.chat, person=lab.person("Ana"), what=what), key=what)
            assert no.value.why == "is-admin"
        assert await lab.may_write("Ana")

    async def test_a_lock_is_taken_off_as_it_was_before(self, lab: Lab) -> None:
        before, act = await lab.rules(), Lock(chat=lab.chat, on=True)
        for key in ("1", "2"):
            await lab.bridge.do(act, key=key)
            assert not await lab.may_write("Bea") and await lab.may_write("Ana")
        await lab.restart()
        await lab.bridge.do(act, key="3")
        assert await lab.bridge.do(Send(chat=lab.chat, html="the bot still speaks"), key="4")
        for key in ("5", "6"):
            await lab.bridge.do(replace(act, on=False), key=key)
            assert await lab.may_write("Bea")
        assert await lab.rules() == before

    async def test_a_mute_outlasts_a_lock_and_a_lock_a_mute(self, lab: Lab) -> None:
        before, bea, key = await lab.rules(), lab.person("Bea"), iter("abcdefgh")
        lock, mute = Lock(chat=lab.chat, on=True), Restrict(chat=lab.chat, person=bea, what="mute")
        unlock, free = replace(lock, on=False), replace(mute, what="free")
        orders: list[list[Act]] = [[lock, mute, unlock, free], [mute, lock, free, unlock]]
        for acts in orders:
            for n, act in enumerate(acts):
                await lab.bridge.do(act, key=next(key))
                assert await lab.may_write("Bea") == (n == 3)
        assert await lab.rules() == before

    async def test_somebodys_reactions_go_and_others_stay(self, lab: Lab) -> None:
        refs = [await lab.says("Ana", "one"), await lab.says("Bea", "two")]
        for ref in refs:
            await lab.reacts("Bea", ref, "👍")
            await lab.reacts("Ana", ref, "🎉")
        for key in ("1", "2"):
            await lab.bridge.do(ClearReactions(chat=lab.chat, person=lab.person("Bea")), key=key)
            assert [one.reactions for one in await lab.seen()] == [frozenset({"🎉"})] * 2

    async def test_who_asks_in_is_heard_and_let_in(self, lab: Lab, ear: Ear) -> None:
        await lab.asks_in("Eve", "I live at number 9")
        await until(lambda: ear.of(AskedIn))
        [asked] = ear.of(AskedIn)
        assert (asked.chat, asked.sender) == (lab.chat, lab.person("Eve"))
        assert asked.words in ("", "I live at number 9")
        for key in ("1", "2"):
            await lab.bridge.do(Admit(chat=lab.chat, person=asked.sender, yes=True), key=key)
            assert await lab.is_in("Eve")
        with pytest.raises(Refused) as no:
            await lab.bridge.do(Admit(chat=lab.chat, person=asked.sender, yes=False), key="3")
        assert no.value.why == "not-there" and await lab.is_in("Eve")

    async def test_who_asks_in_is_not_let_in(self, lab: Lab, ear: Ear) -> None:
        await lab.asks_in("Eve")
        await until(lambda: ear.of(AskedIn))
        for key in ("1", "2"):
            await lab.bridge.do(Admit(chat=lab.chat, person=lab.person("Eve"), yes=False), key=key)
            assert not await lab.is_in("Eve")
        with pytest.raises(Refused) as no:
            await lab.bridge.do(Admit(chat=lab.chat, person=lab.person("Eve"), yes=True), key="3")
        assert no.value.why == "not-there" and not await lab.is_in("Eve")

    async def test_an_act_whose_answer_was_lost_is_done_again(self, lab: Lab) -> None:
        bea, now = lab.person("Bea"), datetime.now(UTC)
        acts: list[Act] = [
            Restrict(chat=lab.chat, person=bea, what="mute"), Lock(chat=lab.chat, on=True),
            ClearReactions(chat=lab.chat, person=bea), Admit(chat=lab.chat, person=bea, yes=True),
        ]  # fmt: skip
        assert {await lab.bridge.settle(act, key=act.kind, since=now) for act in acts} == {Fate.AGAIN}
        can = lab.bridge.capabilities(lab.chat)
        assert can.acts == ACTS and can.undone == {"mute", "lock"}

    async def test_whether_a_message_stands_is_told(self, lab: Lab, ear: Ear) -> None:
        ref = await lab.says("Ana", "here")
        assert await lab.bridge.stands(ref) is True
        await lab.bridge.do(React(chat=lab.chat, ref=ref, emoji=("👍",)), key="1")
        assert await lab.bridge.stands(ref) is True
        assert [one.reactions for one in await lab.seen()] == [frozenset({"👍"})]
        await lab.removes("Ana", ref)
        assert await lab.bridge.stands(ref) is False
        assert await lab.bridge.stands(lab.nowhere()) is False

    # --- what goes wrong

    async def test_a_wait_that_is_asked_for_is_told(self, lab: Lab) -> None:
        await lab.fails("pause")
        send = Send(chat=lab.chat, html="patience")
        with pytest.raises(TryLater) as caught:
            await lab.bridge.do(send, key="1")
        assert caught.value.after == PAUSE
        await lab.bridge.do(send, key="1")
        assert [one.html for one in await lab.seen()] == ["patience"]

    async def test_a_server_that_is_down_is_no_refusal(self, lab: Lab) -> None:
        await lab.fails("down")
        send = Send(chat=lab.chat, html="patience")
        with pytest.raises(TryLater) as caught:
            await lab.bridge.do(send, key="1")
        assert caught.value.after is None
        await lab.bridge.do(send, key="1")
        assert [one.html for one in await lab.seen()] == ["patience"]

    async def test_what_never_was_is_refused_in_known_words(self, lab: Lab) -> None:
        with pytest.raises(Refused) as caught:
            await lab.bridge.do(React(chat=lab.chat, ref=lab.nowhere(), emoji=("👍",)), key="1")
        assert caught.value.why in KEYS

    async def test_an_answer_to_what_never_was_is_sent_or_refused_in_known_words(self, lab: Lab) -> None:
        send = Send(chat=lab.chat, html="answer", reply_to=lab.nowhere(), quote="no such words")
        why, shown = "", 1
        try:
            await lab.bridge.do(send, key="1")
        except Refused as no:
            why, shown = no.why, 0
        assert why in KEYS | {""}
        assert [markup.plain(one.html)[-6:] for one in await lab.seen()] == ["answer"] * shown

    async def test_what_became_of_a_lost_call_is_told(self, lab: Lab) -> None:
        now, ref = datetime.now(UTC), lab.nowhere()
        fate = await lab.bridge.settle(Send(chat=lab.chat, html="x"), key="1", since=now)
        assert fate is (Fate.AGAIN if lab.once else Fate.UNKNOWN)
        assert await lab.bridge.settle(Edit(chat=lab.chat, html="x", ref=ref), key="2", since=now) is Fate.AGAIN
        assert await lab.bridge.settle(Remove(chat=lab.chat, ref=ref), key="3", since=now) is Fate.AGAIN

    async def test_a_tap_that_is_long_gone_is_no_error(self, lab: Lab) -> None:
        assert await lab.bridge.do(Toast(chat=lab.chat, tap="12345", text="too late"), key="1") is None

    # --- what it knows

    async def test_it_knows_where_it_is(self, lab: Lab, ear: Ear) -> None:
        standing = await lab.bridge.inspect(lab.chat)
        assert standing.member and not standing.encrypted and {Right.SEND, Right.PIN} <= standing.rights
        assert lab.bridge.address
        assert lab.bridge.capabilities(lab.chat).text_length >= 4096
        assert all(isinstance(chat, Chat) for chat in lab.bridge.whereabouts(lab.person("Ana").id))
        assert (link := lab.bridge.link(start="abc")) == "" or (link.startswith("https://") and "abc" in link)

    async def test_menus_are_taken(self, lab: Lab) -> None:
        items = MenuItem(word="aide", text="Aide"), MenuItem(word="dire", text="Dire tout bas", whispered=True)
        menu = Menu(language="fr", items=items)
        await lab.bridge.offer([menu, replace(menu, language="en")])
        ref = await lab.bridge.do(Send(chat=lab.chat, html="and on we go"), key="1")
        assert ref

    async def test_nothing_is_left_behind(self, lab: Lab) -> None:
        await lab.restart()
        before, ear = asyncio.all_tasks(), Ear()
        async with listening(lab, ear):
            await lab.bridge.do(Send(chat=lab.chat, html="x"), key="1")
        await lab.bridge.close()
        await until(lambda: asyncio.all_tasks() <= before or lab.bridge.odd)
        assert lab.bridge.odd == {}
