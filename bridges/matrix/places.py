"""Points on the map as Matrix writes them: `geo:` addresses (RFC 5870) and MSC3488; pure."""

import re
from typing import Any

from bridges.matrix.raw import Odd
from bridges.matrix.strangers import clean, part, text
from bridges.model import Spot

NUMBER = r"(-?\d{1,3}(?:\.\d{1,20})?)"
GEO = re.compile(rf"geo:{NUMBER},{NUMBER}(?:,-?\d{{1,9}}(?:\.\d{{1,20}})?)?(?:;.{{0,200}})?", re.ASCII | re.IGNORECASE)
LOCATION, ASSET = "org.matrix.msc3488.location", "org.matrix.msc3488.asset"
KEPT = {"msgtype", "geo_uri", LOCATION, ASSET}
# Starts of a live location (MSC3489, MSC3672), and each of its points.
LIVE, POINTS = {"m.beacon_info", "org.matrix.msc3672.beacon_info"}, {"m.beacon", "org.matrix.msc3672.beacon"}


def spot(said: dict[str, Any]) -> Spot:
    """The point of an `m.location`; its body is a title unless it only repeats the point. Raises Odd."""
    exact = next((block for name in (LOCATION, "m.location") if isinstance(block := said.get(name), dict)), {})
    found = GEO.fullmatch(text(said.get("geo_uri")) or text(exact.get("uri")))
    if not found:
        raise Odd("malformed")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Odd("malformed")
    body = text(said.get("body"))
    named = text(exact.get("description")) if exact else "" if re.search("geo:|https?:", body) else body
    return Spot(latitude=latitude, longitude=longitude, title=clean(named))


def geo(spot: Spot) -> str:
    """A point as an address; six digits are some ten centimetres."""
    return f"geo:{spot.latitude:.6f},{spot.longitude:.6f}"


def location(spot: Spot, words: dict[str, Any]) -> dict[str, Any]:
    """The content of an `m.location`, out of a message's words and the point; MSC3488 beside the older fields."""
    body = str(words["body"])
    return {
        **words, "msgtype": "m.location", "geo_uri": geo(spot), LOCATION: {"uri": geo(spot), "description": body},
        ASSET: {"type": "m.pin"},
    }  # fmt: skip


def named(spot: Spot) -> str:
    """What a place is called and where it is, on lines; nothing for a mere point."""
    return "\n".join(line for line in (spot.title, spot.address) if line)


def begins_live(event: Any) -> bool:
    """Whether somebody begins to share where they are while they move."""
    before = part(event, "unsigned", "prev_content", "live")
    return part(event, "content", "live") is True and before is not True
