"""Polls (MSC3381, under its unstable and its stable names): what is asked, who ended it, how it stood; pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from bridges.matrix.raw import Odd, Raw
from bridges.matrix.strangers import amount, clean, is_id, part, text
from bridges.model import Poll

UNSTABLE = "org.matrix.msc3381.poll"
START, END, RESPONSE = ({f"{UNSTABLE}.{what}", f"m.poll.{what}"} for what in ("start", "end", "response"))
MOST_OPTIONS = 20  # "The array is truncated to 20 maximum options"
Options = tuple[tuple[str, str], ...]


def words(block: object) -> str:
    """The plain text of an extensible event (MSC1767), in any of the ways in which it was ever written."""
    for name in ("m.text", "org.matrix.msc1767.text", "body"):
        match part(block, name):
            case str(said):
                return clean(said)
            case [*forms]:
                plain = (one for one in forms if part(one, "mimetype") in (None, "text/plain"))
                return next((clean(said) for one in plain if (said := text(part(one, "body")))), "")
    return ""


def options(inside: object) -> Options:
    """The ids of the answers, with their words."""
    asked, found = question(inside), dict[str, str]()
    answers = part(asked, "answers")
    for one in answers[:MOST_OPTIONS] if isinstance(answers, list) else ():
        id_ = part(one, "m.id") or part(one, "id")
        if isinstance(id_, str) and (said := words(one)):
            found.setdefault(id_, said)
    return tuple(found.items())


def question(inside: object) -> object:
    """The block that says what is asked."""
    return part(inside, "m.poll") or part(inside, f"{UNSTABLE}.start") or part(inside, "m.poll.start")


def poll(inside: object, event: str) -> Poll:
    """What a poll asks; raises Odd where it asks nothing."""
    asked, offered = words(part(question(inside), "question")), options(inside)
    if not asked or not offered:
        raise Odd("malformed")
    return Poll(id=event, question=asked, options=tuple(said for _, said in offered), several=most(inside) > 1)


def most(inside: object) -> int:
    """How many options one may choose."""
    return max(1, int(amount(part(question(inside), "max_selections"))))


def about(inside: object) -> str:
    """The poll that a response or an end refers to; nothing, where it is none."""
    poll = part(inside, "m.relates_to", "event_id")
    return poll if part(inside, "m.relates_to", "rel_type") == "m.reference" and is_id(poll) else ""


def closed(start: Raw, end: Raw, related: Iterable[Raw], *, may: Callable[[str], bool]) -> Poll:
    """The result of a poll: of each person the last response before the end counts, though it be void (MSC3381).

    `related`: all that refers to `start`, newest first. `may`: whether somebody may end polls of others. Raises Odd
    where this does not end it, because it is none, was ended before, or by someone who may not.
    """
    asked, author, until = poll(start.get("content"), text(start.get("event_id"))), start.get("sender"), moment(end)
    if not (end["sender"] == author or may(end["sender"])):
        raise Odd("poll")
    last: dict[str, tuple[float, list[str]]] = {}
    for one in related:
        at, kind, sender, id_ = moment(one), text(one.get("type")), text(one.get("sender")), text(one.get("event_id"))
        if kind in END and (at, id_) < (until, end["event_id"]) and (sender == author or may(sender)):
            raise Odd("poll")
        if kind in RESPONSE and at <= until and at > last.get(sender, (-1.0, []))[0]:
            last[sender] = at, chosen(one.get("content"))
    votes = dict.fromkeys((option for option, _ in options(start["content"])), 0)
    for _, choice in last.values():
        valid = dict.fromkeys(choice[: most(start["content"])])
        if all(option in votes for option in valid):
            for option in valid:
                votes[option] += 1
    return replace(asked, votes=tuple(votes.values()), closed=True)


def chosen(inside: object) -> list[str]:
    """What a response chooses."""
    stable, unstable = part(inside, "m.selections"), part(inside, f"{UNSTABLE}.response", "answers")
    choice = stable if isinstance(stable, list) else unstable if isinstance(unstable, list) else []
    return [option if isinstance(option, str) else "" for option in choice]


def moment(event: Raw) -> float:
    """When an event was sent, as its homeserver claims."""
    return amount(event.get("origin_server_ts"))
