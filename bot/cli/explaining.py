"""`palier explain`: what the filter thinks of a text, or of many, and why; nothing is kept and nothing is done."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot.cli.speaking import out, say, texts
from bot.config import Settings
from bot.judging import opinion
from bot.run import Unfit, open_store
from bot.store import Circle
from moderation.judgement import Judgement
from moderation.policy import DEFAULT, Policy
from moderation.subject import Subject


async def policy_of(settings: Settings | None, circle: str) -> Policy:
    """By what is judged: a circle's policy (its name or number), else the installation's, else the default."""
    if settings is None:
        return DEFAULT
    if not circle:
        return Policy.layered([("", settings.moderation.everywhere)])
    async with open_store(settings) as store, store.work() as work:
        for one in await work.exec(select(Circle).order_by(Circle.name)):
            if circle.casefold() in {one.name.casefold(), str(one.id)}:
                return await work.policy(one)
    raise Unfit("cli-explain-circle", name=circle)


def explain(text: str, policy: Policy, *, newcomer: bool, as_json: bool) -> None:
    """Print what is thought of one text."""
    judgement = opinion(Subject(text=text, newcomer=newcomer), policy)
    if as_json:
        write(answer(judgement))
        return
    out().print(say("cli-explain-head", decision=word("decision", str(judgement.decision)), policy=judgement.policy))
    for one in judgement.findings:
        found = ", ".join(f"« {shown(matched)} »" for matched in one.matched)
        ground, step = word("reason", one.reason), word("decision", str(one.severity))
        out().print(say("cli-explain-line", check=one.check, ground=ground, step=step, found=found))
    if not judgement.findings:
        out().print(say("cli-explain-nothing"))


def shown(words: str) -> str:
    """Words as a terminal may get them: what it would not print, or would obey, is a question mark."""
    return "".join(character if character.isprintable() else "?" for character in words)


def explain_file(file: Path, policy: Policy, *, newcomer: bool = False) -> int:
    """Answer each line of JSON by one; the exit code is 2 if one could not be read. The file `-` is the input.

    `newcomer` is for lines that do not say.
    """
    faults = 0
    with ExitStack() as stack:
        lines = sys.stdin.buffer if str(file) == "-" else stack.enter_context(opened(file))
        for said in answers(lines, policy, newcomer=newcomer):
            faults += "error" in said
            write(said)
    return 2 if faults else 0


def opened(file: Path) -> Any:
    """The file's bytes; Unfit where there are none to read."""
    try:
        return file.open("rb")
    except OSError as error:
        raise Unfit("cli-explain-file", file=file, why=error.strerror or "") from None


def answers(lines: Iterable[bytes], policy: Policy, *, newcomer: bool = False) -> Iterator[dict[str, Any]]:
    """One answer for each line, in order; blank lines have none. What is no such line is told by its `error`."""
    for line in lines:
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            text, new = asked["text"], asked.get("newcomer", newcomer)
            if not isinstance(text, str) or not isinstance(new, bool):
                raise TypeError  # noqa: TRY301 - answered like what is no JSON at all
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            yield {"error": 'needed: {"text": "...", "newcomer": true or false}'}
            continue
        yield answer(opinion(Subject(text=text, newcomer=new), policy))


def answer(judgement: Judgement) -> dict[str, Any]:
    """A judgement as programs read it; `decision` is what the bot does, `proposed` what a moderator is offered."""
    return {
        "decision": str(judgement.decision), "proposed": str(judgement.proposed), "would": str(judgement.would),
        "checks": list(judgement.checks), "matched": list(judgement.matched), "policy": judgement.policy,
        "findings": [
            {
                "check": one.check, "reason": one.reason, "severity": str(one.severity), "matched": list(one.matched),
                "spans": [list(span) for span in one.spans], "dry": one.dry,
            }
            for one in judgement.findings
        ],
    }  # fmt: skip


def write(said: dict[str, Any]) -> None:
    """One line of JSON, in ASCII: whatever stood in a text, every terminal and program can read it."""
    sys.stdout.write(f"{json.dumps(said)}\n")


def word(kind: str, name: str) -> str:
    """The reader's words for a reason or a decision, else its name."""
    key = name if kind == "reason" else f"{kind}-{name}"
    return say(key) if texts().has(key) else name
