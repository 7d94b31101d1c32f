"""The transparency report on the command line: what moderation did in a period, in counts alone."""

import json
from datetime import date, datetime, time, timedelta

from bot.cli.speaking import out, say, tell, texts
from bot.config import Settings
from bot.features.cases.figures import ALL_OTHERS, Figures, figures
from bot.run import Unfit, open_store

EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
PARTS = ("by_kind", "by_outcome", "by_ground", "by_act", "undone", "appeals")


def day(word: str, otherwise: date) -> date:
    """A day as 2026-01-31; Unfit if it is none that can be reckoned with."""
    try:
        made = date.fromisoformat(word) if word else otherwise
    except ValueError:
        raise Unfit("cli-no-day", day=word) from None
    if not EARLIEST < made < LATEST:
        raise Unfit("cli-no-day", day=word)
    return made


async def transparency(settings: Settings, first: str, last: str, *, as_json: bool) -> None:
    """Print it, from one day to another, both included; without days, the last six months."""
    today = datetime.now(settings.timezone).date()
    end = day(last, today)
    begin = day(first, end - timedelta(days=182))
    if begin > end:
        raise Unfit("cli-figures-backwards", first=first, last=end.isoformat())
    zone = settings.timezone
    since = datetime.combine(begin, time.min, zone)
    before = datetime.combine(end + timedelta(days=1), time.min, zone)
    async with open_store(settings) as store, store.work() as work:
        told = await figures(work, since, before)
    if as_json:
        plain = {name or "*": found.as_json() if found else None for name, found in told.items()}
        period = {"from": begin.isoformat(), "to": end.isoformat()}
        out().print(json.dumps({**period, "circles": plain}, ensure_ascii=False, indent=2))
        return
    tell("cli-figures-head", first=begin.isoformat(), last=end.isoformat())
    for name, found in told.items():
        show(name, found)
    if not told:
        tell("cli-figures-none")


def show(name: str, found: Figures | None) -> None:
    """One circle, or those that are too small to be shown alone."""
    out().print(f"\n{say('cli-figures-others') if name == ALL_OTHERS else name}")
    if found is None:
        tell("cli-figures-few")
        return
    tell("cli-figures-cases", cases=found.cases, reports=found.reports, automated=found.automated)
    for part in PARTS:
        if counts := getattr(found, part):
            listed = ", ".join(f"{named(part, word)} {count}" for word, count in sorted(counts.items()))
            out().print(f"  {say('cli-figures-' + part.replace('_', '-'))} {listed}")


def named(part: str, word: str) -> str:
    """What is counted, in the reader's language where there is a word for it."""
    key = f"figure-{part.replace('_', '-')}-{word}" if part != "undone" else f"figure-by-act-{word}"
    return say(key) if texts().has(key) else word
