"""Both libraries driven over real HTTP: they cannot tell the simulator from Telegram."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiogram
import httpx
import pytest
from aiogram import types as gram_types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge
from aiogram.types import BufferedInputFile, EphemeralMessageParameters
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from bridges.simulator import Control, Item
from bridges.simulator.media import sample
from tests.simulator.conftest import Town


@pytest.fixture
async def ptb(town: Town) -> AsyncIterator[Bot]:
    files = f"{town.sim.url}/file/bot"
    async with Bot(town.api.token, base_url=f"{town.sim.url}/bot", base_file_url=files) as bot:
        yield bot


@pytest.fixture
async def gram(town: Town) -> AsyncIterator[aiogram.Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(town.sim.url))
    async with aiogram.Bot(town.api.token, session=session) as bot:
        yield bot


async def test_python_telegram_bot(town: Town, ptb: Bot) -> None:
    asked = await town.say("Bonjour 😀 https://mairie.fr")
    (update,) = await ptb.get_updates(timeout=5, allowed_updates=Update.ALL_TYPES)
    assert update.message and update.message.from_user and update.message.from_user.full_name == "Alice Martin"
    assert update.message.parse_entities() == {update.message.entities[0]: "https://mairie.fr"}
    sent = await ptb.send_message(
        town.group,
        "<b>Oui</b> &amp; non",
        parse_mode="HTML",
        reply_parameters=ReplyParameters(asked["message_id"], quote="😀"),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Oui", callback_data="yes")]]),
    )
    assert sent.text_html == "<b>Oui</b> &amp; non" and sent.quote and sent.quote.text == "😀"
    await town.control.react(town.group, town.bruno, sent.message_id, "❤")
    tap = await town.control.tap(town.group, town.bruno, "yes", message=sent.message_id)
    reaction, tapped = await ptb.get_updates(offset=update.update_id + 1, timeout=5)
    assert reaction.message_reaction and reaction.message_reaction.new_reaction[0].to_dict()["emoji"] == "❤"
    assert tapped.callback_query and tapped.callback_query.data == "yes"
    await ptb.answer_callback_query(tap, "Merci")
    assert (await town.control.tapped(tap))["text"] == "Merci"
    edited = await ptb.edit_message_text("*Non*", town.group, sent.message_id, parse_mode="MarkdownV2")
    assert not isinstance(edited, bool) and edited.text_markdown_v2 == "*Non*"
    await ptb.delete_message(town.group, sent.message_id)
    whisper = await ptb.send_message(
        town.group, "psst", api_kwargs={"ephemeral_message_parameters": {"receiver_user_id": town.bruno}}
    )
    assert whisper.api_kwargs["ephemeral_message_id"] == 1
    assert await town.texts(town.bruno) == [asked["text"], "psst"]
    assert not any(call["unknown"] for call in await town.control.calls())


async def test_files_with_python_telegram_bot(town: Town, ptb: Bot) -> None:
    data = sample("photo").data
    photo = await ptb.send_photo(town.group, data, "<b>Plan</b>", parse_mode="HTML", has_spoiler=True)
    assert photo.caption_html == "<b>Plan</b>" and photo.has_media_spoiler
    fetched = await (await ptb.get_file(photo.photo[-1])).download_as_bytearray()
    assert bytes(fetched) == data
    film = InputMediaVideo(sample("video").data, "Film", filename="film.mp4", thumbnail=data, duration=3)
    first, second = await ptb.send_media_group(town.group, [InputMediaPhoto(photo.photo[-1]), film])
    assert first.media_group_id == second.media_group_id and second.video and second.video.thumbnail
    edited = await ptb.edit_message_media(InputMediaDocument(b"abc", filename="a.txt"), town.group, photo.message_id)
    assert not isinstance(edited, bool) and edited.document and edited.document.file_name == "a.txt"
    caption = await ptb.edit_message_caption(town.group, photo.message_id, caption="Liste")
    assert not isinstance(caption, bool) and caption.caption == "Liste"
    for send, kind in (
        (ptb.send_voice, "voice"), (ptb.send_audio, "audio"), (ptb.send_video_note, "video_note"),
        (ptb.send_animation, "animation"), (ptb.send_sticker, "sticker"), (ptb.send_document, "document"),
    ):  # fmt: skip
        sent = await send(town.group, sample(kind).data)
        assert getattr(sent, kind)
    assert not any(call["unknown"] for call in await town.control.calls())


async def test_places_and_polls_with_python_telegram_bot(town: Town, ptb: Bot) -> None:
    venue = await ptb.send_venue(town.group, 45.76, 4.83, "Mairie", "1 place")
    assert venue.venue and venue.venue.location.latitude == 45.76
    poll = await ptb.send_poll(town.group, "Quand ?", ["samedi", "dimanche"], is_anonymous=False)
    await town.control.vote(town.group, town.bruno, poll.message_id, 1)
    answer, state = await ptb.get_updates(timeout=5, allowed_updates=Update.ALL_TYPES)
    assert answer.poll_answer and answer.poll_answer.user and answer.poll_answer.user.id == town.bruno
    assert state.poll and [option.voter_count for option in state.poll.options] == [0, 1]
    assert (await ptb.stop_poll(town.group, poll.message_id)).is_closed
    assert (await ptb.send_dice(town.group)).dice and (await ptb.send_contact(town.group, "+331", "Mairie")).contact
    assert await ptb.set_webhook("https://example.org/hook", secret_token="abc", max_connections=3)
    assert (await ptb.get_webhook_info()).max_connections == 3 and await ptb.delete_webhook()
    assert not any(call["unknown"] for call in await town.control.calls())


async def test_the_errors_of_python_telegram_bot(town: Town, ptb: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadRequest, match="Can't parse entities: can't find end tag"):
        await ptb.send_message(town.group, "<b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await ptb.edit_message_text("a", town.group, 99)
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await ptb.send_message(town.bruno, "a")
    await town.control.fault("sendMessage", "429", retry_after=3)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else it warns, unless another test has set it before
    with pytest.raises(RetryAfter):
        await ptb.send_message(town.group, "a")
    poll = asyncio.create_task(ptb.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    await town.api("getUpdates")
    with pytest.raises(Conflict):
        await poll
    await town.control.settings(revoke=town.api.token)
    with pytest.raises(InvalidToken):
        await ptb.get_me()


async def test_an_application_that_polls(town: Town) -> None:
    async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message
        keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Oui", callback_data="yes"))
        await update.effective_message.reply_text("Et vous ?", reply_markup=keyboard)

    async def tapped(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        await update.callback_query.answer("Merci")

    app: Any = Application.builder().token(town.api.token).base_url(f"{town.sim.url}/bot").build()
    app.add_handlers([MessageHandler(filters.TEXT, answer), CallbackQueryHandler(tapped)])
    async with app:
        await app.updater.start_polling(timeout=5)
        await app.start()
        await town.say("bonjour")
        while len(await town.texts(town.alice)) < 2:
            await asyncio.sleep(0.02)
        line = (await town.control.view(town.group, town.alice))["messages"][-1]
        tap = await town.control.tap(town.group, town.bruno, "yes", message=line["message_id"])
        while not (await town.control.tapped(tap))["answered"]:
            await asyncio.sleep(0.02)
        await app.updater.stop()
        await app.stop()


async def test_aiogram(town: Town, gram: aiogram.Bot) -> None:
    assert (await gram.me()).username == "palier_bot"
    await town.say("bonjour")
    (update,) = await gram.get_updates(timeout=5)
    assert update.message and update.message.text == "bonjour"
    sent = await gram.send_message(town.group, "<i>oui</i>", parse_mode="HTML")
    assert sent.html_text == "<i>oui</i>"
    edited = await gram.edit_message_text("non", chat_id=town.group, message_id=sent.message_id)
    assert not isinstance(edited, bool) and edited.text == "non"
    whisper = await gram.send_message(
        town.group, "psst", ephemeral_message_parameters=EphemeralMessageParameters(receiver_user_id=town.bruno)
    )
    assert whisper.ephemeral_message_id and whisper.receiver_user and whisper.receiver_user.id == town.bruno
    assert await gram.edit_ephemeral_message_text(
        chat_id=town.group,
        receiver_user_id=town.bruno,
        ephemeral_message_id=whisper.ephemeral_message_id,
        text="chut",
    )
    assert await town.texts(town.bruno) == ["bonjour", "non", "chut"]
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await gram.edit_message_text("non", chat_id=town.group, message_id=sent.message_id)
    assert not any(call["unknown"] for call in await town.control.calls())


async def test_files_with_aiogram(town: Town, gram: aiogram.Bot) -> None:
    data = sample("photo").data
    photo = await gram.send_photo(town.group, BufferedInputFile(data, "a.jpg"), caption="Plan")
    assert photo.photo and photo.caption == "Plan"
    fetched = await gram.download(photo.photo[-1])
    assert fetched and fetched.read() == data
    media: list[Any] = [
        gram_types.InputMediaPhoto(media=photo.photo[-1].file_id),
        gram_types.InputMediaVideo(media=BufferedInputFile(sample("video").data, "v.mp4"), caption="Film"),
    ]
    first, second = await gram.send_media_group(town.group, media)
    assert first.media_group_id == second.media_group_id and second.video
    await town.control.send(town.group, town.alice, Item(kind="sticker", sample="sticker.webm", thumbnail=True))
    (update,) = await gram.get_updates(timeout=5)
    assert update.message and update.message.sticker and update.message.sticker.is_video
    with pytest.raises(TelegramEntityTooLarge):
        await gram.send_document(town.group, BufferedInputFile(bytes(50 * 2**20 + 1), "a.bin"))
    assert not any(call["unknown"] for call in await town.control.calls())



async def test_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridges.simulator", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    async with Control(url) as control:
        bot = await control.bot("palier_bot", "Palier")
        alice = await control.user("Alice")
        await control.start(alice, bot["id"])
        assert await control.texts(bot["id"], alice) == ["/start"]
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_events_name_what_changed(town: Town) -> None:
    async with (
        httpx.AsyncClient(base_url=town.sim.url, trust_env=False) as http,
        http.stream("GET", "/control/events") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": hello"
        await town.say("bonjour")
        found = [line async for line in _until(lines)]
    assert found == [f'data: {{"chat": {town.group}}}']


async def _until(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        if line.startswith("data: "):
            yield line
            return
