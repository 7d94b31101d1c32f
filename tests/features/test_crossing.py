"""What crosses besides plain words: files, places, polls, threads, what is forwarded or late, and what never does."""

from dataclasses import replace
from typing import Any

import pytest

from bot.gate import Choice
from bot.store import now
from bridges.model import Chat, Media, MediaKind, Message, Poll, PollClosed, Ref, Send, Spot
from tests.conftest import MATRIX, Town

PHOTO = Media(kind=MediaKind.PHOTO, network="telegram", source="file", type="image/jpeg")


async def agrees(town: Town, *names: str, media: bool = False) -> None:
    async with town.store.work() as work:
        circle = await work.circle(town.telegram.chat)
        assert circle
        for bridge in (town.telegram, town.matrix):
            for name in names:
                (await work.decide(bridge.person(name), circle, Choice.NAMED)).media = media


async def tells(
    town: Town, id_: str, html: str = "", *, chat: Chat | None = None, name: str = "Ana", **more: Any
) -> Ref:
    """Somebody writes something out of the ordinary on Telegram, or wherever the chat is."""
    bridge = town.matrix if chat and chat.network == "matrix" else town.telegram
    chat = chat or bridge.chat
    who = bridge.person(name, chat)
    said = Message(key=f"{chat.network} {id_}", at=now(), ref=Ref(chat, id_), sender=who, html=html, **more)
    await bridge.tells(said)
    await town.settles()
    return said.ref


def last(town: Town) -> Send:
    """The last message in the Matrix room."""
    send = [post.action for post in town.matrix.posts.values()][-1]
    assert send
    return send


async def test_a_file_crosses_with_its_caption_and_its_author(linked: Town) -> None:
    await agrees(linked, "Ana", media=True)
    await tells(linked, "7", "le <b>banc</b>", media=PHOTO)
    assert (last(linked).media, last(linked).html, last(linked).by) == (PHOTO, "le <b>banc</b>", "Ana · Telegram")


async def test_who_shares_words_is_asked_once_about_files_and_a_yes_sends_that_file(linked: Town) -> None:
    await agrees(linked, "Ana")
    async with linked.store.work() as work:
        circle = await work.circle(linked.telegram.chat)
        assert circle
        consent = await work.consent(linked.telegram.person("Ana"), circle)
        assert consent
        consent.media = None
    post = Ref(linked.telegram.chat, "70")
    await tells(linked, "70", "le banc", media=PHOTO)
    assert "photo, restée là-bas" in linked.matrix.heard()[-1]
    (question,) = [one for one in linked.telegram.seen("Ana") if one.to == "Ana"]
    assert question.reply_to == post.id
    await tells(linked, "71", "encore", media=PHOTO)
    assert len([one for one in linked.telegram.seen("Ana") if one.to == "Ana"]) == 1
    assert question.action
    await linked.telegram.taps("Ana", Ref(linked.telegram.chat, question.id), question.action.buttons[0][0].data)
    await linked.settles()
    sent = [one.action.media for one in linked.matrix.seen() if one.action]
    assert sent.count(PHOTO) == 1
    await linked.telegram.says("Ana", "/photos non", private=True)
    await linked.settles()
    assert PHOTO not in [one.action.media for one in linked.matrix.seen() if one.action]


async def test_no_file_leaves_with_a_no(linked: Town) -> None:
    await tells(linked, "7", "le banc", media=PHOTO)
    assert linked.matrix.heard() == []


async def test_a_place_is_named_in_words_where_the_map_carries_none(linked: Town) -> None:
    await agrees(linked, "Ana")
    spot = Spot(latitude=45.5, longitude=3.25, title="La Halle", address="Place du Marché")
    await tells(linked, "7", spot=spot)
    words, point = [post.action for post in linked.matrix.seen()]
    assert words and point
    assert "La Halle, Place du Marché" in words.html and words.by == "Ana · Telegram" and words.spot is None
    assert point.spot == spot
    linked.matrix.can = replace(MATRIX, spots_with_text=True)
    await tells(linked, "8", spot=spot)
    assert last(linked).spot == spot and "La Halle" in last(linked).html


async def test_a_poll_crosses_as_text_and_so_does_its_end(linked: Town) -> None:
    await agrees(linked, "Ana")
    poll = Poll(id="p1", question="Quel <jour> ?", options=("samedi", "dimanche & lundi"))
    await tells(linked, "7", poll=poll)
    asked = linked.matrix.seen()[-1]
    assert all(words in asked.html for words in ("Quel &lt;jour&gt; ?", "• samedi\n", "• dimanche &amp; lundi"))
    ended = replace(poll, votes=(1, 4), closed=True)
    await linked.telegram.tells(PollClosed(key="telegram 9", at=now(), poll=ended, network="telegram"))
    await linked.settles()
    told = linked.matrix.seen()[-1]
    assert "• samedi: 1 voix\n• dimanche &amp; lundi: 4 voix" in told.html and told.reply_to == asked.id


@pytest.mark.parametrize("kind", ["contact", "live-location", "forwarded", "unheard-of"])
async def test_what_never_crosses_is_said_to_have_been_shared_and_its_author_is_told_why_once(
    linked: Town, kind: str
) -> None:
    await agrees(linked, "Ana")
    await tells(linked, "7", shared=kind)
    await tells(linked, "8", shared=kind)
    assert ["<b>Ana · Telegram</b>: <i>" in line for line in linked.matrix.heard()] == [True, True]
    assert len([one for one in linked.telegram.seen("Ana") if one.to == "Ana"]) == 1


async def test_what_never_crosses_is_not_even_mentioned_without_a_yes(linked: Town) -> None:
    await tells(linked, "7", shared="contact")
    assert linked.matrix.heard() == []


async def test_a_channel_is_named_as_the_origin_and_late_words_say_so(linked: Town) -> None:
    await agrees(linked, "Ana")
    await tells(linked, "7", "à lire", origin="La gazette")
    assert last(linked).html == "<i>(transféré de La gazette)</i>\nà lire"
    await tells(linked, "8", "vieux", late=True)
    assert last(linked).html.startswith("<i>(en retard") and last(linked).html.endswith("\nvieux")


async def test_what_is_answered_without_a_copy_is_quoted_if_its_author_said_yes(linked: Town) -> None:
    before = Message(
        key="x", at=now(), ref=Ref(linked.telegram.chat, "1"), sender=linked.telegram.person("Bea"), html="le vieux mot"
    )
    await agrees(linked, "Ana")
    await tells(linked, "7", "d'accord", reply_to=before.ref, answered=before)
    assert last(linked).html == "<i>(en réponse à un message resté là-bas)</i>\nd'accord"
    await agrees(linked, "Bea")
    await tells(linked, "8", "d'accord", reply_to=before.ref, answered=before)
    assert last(linked).html == "<blockquote><b>Bea · Telegram</b>: le vieux mot</blockquote>d'accord"


async def test_topics_become_threads_and_answers_in_a_thread_go_to_the_topic(linked: Town) -> None:
    linked.matrix.can = replace(MATRIX, threads=True)
    await agrees(linked, "Ana", "Mia")
    topic = replace(linked.telegram.chat, thread="44")
    await tells(linked, "7", "premier", chat=topic, topic="Jardin")
    root = linked.matrix.seen()[-1]
    assert root.html == "<b>Ana · Telegram</b>: <i>🧵 Jardin</i>\npremier" and root.chat.thread == ""
    await tells(linked, "8", "deuxième", chat=topic, topic="Jardin")
    thread = replace(linked.matrix.chat, thread=root.id)
    assert [post.html for post in linked.matrix.seen(chat=thread)] == ["<b>Ana · Telegram</b>: deuxième"]
    await tells(linked, "$9", "réponse", chat=thread, name="Mia")
    there = linked.telegram.seen(chat=topic)[-1]
    assert (there.html, there.reply_to) == ("<b>Mia · Matrix</b>: réponse", None)
    await tells(linked, "10", "général")
    assert linked.matrix.seen()[-1].html == "<b>Ana · Telegram</b>: général"


async def test_a_thread_that_began_with_a_message_that_crossed_answers_its_copy(linked: Town) -> None:
    await agrees(linked, "Mia")
    await tells(linked, "$1", "début", chat=linked.matrix.chat, name="Mia")
    copy = linked.telegram.seen()[-1]
    await tells(linked, "$2", "suite", chat=replace(linked.matrix.chat, thread="$1"), name="Mia")
    there = linked.telegram.seen()[-1]
    assert (there.html, there.reply_to) == ("<b>Mia · Matrix</b>: suite", copy.id)


async def test_a_long_caption_goes_on_below_the_file(linked: Town) -> None:
    await agrees(linked, "Ana", media=True)
    await tells(linked, "7", "mot " * 600, media=PHOTO)
    sent = [post.action for post in linked.matrix.seen() if post.action]
    assert [bool(one.media) for one in sent] == [True, False] and sum(one.html.count("mot") for one in sent) == 600
