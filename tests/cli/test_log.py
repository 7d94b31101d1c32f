"""Nothing that is logged holds a token, a name or a word, whoever logs it."""

import io
import json
import logging
from typing import Any

import httpx
import pytest
import structlog

from bot import log
from tests.cli.conftest import TOKEN, Home


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream() -> io.StringIO:
    made = io.StringIO()
    log.set_up("debug", {"telegram-token": "Ask BotFather."}.get, made)  # type: ignore[arg-type]
    return made


def test_a_line_is_json_with_its_moment_and_its_level(stream: io.StringIO) -> None:
    structlog.get_logger().warning("refused", row=7, why="rights")
    (line,) = lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {"event": "refused", "row": 7, "why": "rights", "level": "warning"}


def test_a_stopped_bridge_says_what_to_do(stream: io.StringIO) -> None:
    structlog.get_logger().error("a bridge has stopped", network="telegram", why="telegram-token")
    assert lines(stream)[0]["help"] == "Ask BotFather."


def test_the_level_is_that_of_the_settings(stream: io.StringIO) -> None:
    log.set_up("warning", stream=stream)
    structlog.get_logger().info("canari")
    logging.getLogger("apscheduler.scheduler").info("canari")
    assert stream.getvalue() == ""


def test_a_traceback_is_never_written(stream: io.StringIO) -> None:
    words = "canari"
    try:
        int(words)
    except ValueError:
        structlog.get_logger().exception("event failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n%s", words)
    assert "canari" not in stream.getvalue()
    assert [line["event"] for line in lines(stream)] == ["event failed", "Exception in ASGI application"]
    assert lines(stream)[1]["kind"] == "ValueError"


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "telegram.ext", "nio.rooms", "nio"])
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR])
def test_libraries_that_know_tokens_and_words_are_not_heard(stream: io.StringIO, name: str, level: int) -> None:
    logging.getLogger(name).log(level, "canari %s", "canari")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", ["apscheduler.scheduler", "uvicorn", "asyncio", "sqlalchemy", "other"])
def test_of_other_libraries_only_the_sentence_in_their_code(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("Task exception was never retrieved %s\nfuture: canari", "canari")
    logging.getLogger(name).info("canari")
    (line,) = lines(stream)
    assert (line["by"], line["event"]) == (name, "Task exception was never retrieved %s")


@pytest.mark.parametrize(
    "secret",
    [f"https://api.telegram.org/bot{TOKEN}/getMe", TOKEN, "syt_cGFsaWVy_abcdefghijkl_123", "?access_token=x"],
)
def test_a_line_with_a_token_is_dropped(stream: io.StringIO, secret: str) -> None:
    structlog.get_logger().error("odd", value=secret)
    structlog.get_logger().error("odd", values=[{"deep": secret}])
    logging.getLogger("other").error(secret)
    assert stream.getvalue() == ""


async def test_a_real_call_of_httpx_leaves_no_token(
    home: Home, stream: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.get(f"{home.networks.telegram.url}/bot{TOKEN}/getMe")
    captured = capfd.readouterr()
    assert TOKEN not in stream.getvalue() + captured.out + captured.err
    assert stream.getvalue() == ""


def test_a_terminal_gets_columns(stream: io.StringIO) -> None:
    stream.isatty = lambda: True  # type: ignore[method-assign]
    log.set_up("info", stream=stream)
    structlog.get_logger().info("ready", seconds=0.2)
    assert "ready" in stream.getvalue() and "{" not in stream.getvalue()
