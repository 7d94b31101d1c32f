"""Both libraries driven over real HTTP: they cannot tell the simulator from Telegram."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiogram
import httpx
import pytest
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import EphemeralMessageParameters
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from bridges.simulator import Control
from tests.simulator.conftest import Town


@pytest.fixture
async def ptb(town: Town) -> AsyncIterator[Bot]:
    async with Bot(town.api.token, base_url=f"{town.sim.url}/bot") as bot:
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
