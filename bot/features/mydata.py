"""Shows somebody all that is kept of them, to read and as a file (GDPR articles 15 and 20), and what they decided."""

import json
from collections import Counter
from datetime import datetime

from markupsafe import Markup
from sqlmodel import SQLModel, col, select

from bot import dossier
from bot.feature import Context, Feature
from bot.purposes import PURPOSES
from bot.store import Circle, Consent, Receipt, now
from bridges.model import Button, Media, MediaKind, Send

feature = Feature("mydata")

FILE = "palier.json"


# --- everything


@feature.command("mesdonnees", private=True)
async def tell(ctx: Context, _: str) -> None:
    """A page to read, with a file that holds all of it; where only whispers can be sent, how to get it in private."""
    who, can = ctx.sender, ctx.can(ctx.home)
    alone = ctx.heard.private
    if not alone and not can.direct:
        link = ctx.world.bridges[ctx.home.network].link()
        buttons = ((Button(ctx.text("mesdonnees-open"), url=link),),) if link else ()
        await ctx.whisper("mesdonnees-private", prefix=can.prefix, buttons=buttons)
        return
    rows = await dossier.rows_of(ctx.work, who)
    media = Media(kind=MediaKind.FILE, network="palier", source=document(ctx, rows), name=FILE, type="application/json")
    page = await readable(ctx, rows)
    for html, file in ((page, None), (ctx.text("mesdonnees-file"), media)):
        await ctx.work.do(Send(chat=who.chat, html=html, of=who, to=None if alone else who, aside=True, media=file))


def document(ctx: Context, rows: dict[str, list[dossier.Row]]) -> str:
    """The file: what is kept, by table, and what each is for."""
    kept = {
        table: {"purposes": sorted(purposes_of(table)), "rows": found} for table, found in sorted(rows.items())
    }
    purposes = {
        name: {
            "what": ctx.text(f"purpose-{name}"),
            "kept": ctx.text(f"purpose-{name}-kept"),
            "basis": {"commune": PURPOSES[name].commune, "association": PURPOSES[name].association},
        }
        for name in sorted({name for table in rows for name in purposes_of(table)})
    }
    said = {
        "network": ctx.sender.chat.network, "id": ctx.sender.id, "name": ctx.sender.name, "at": now().isoformat(),
        "kept": kept, "purposes": purposes,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, indent=2)


def purposes_of(table: str) -> set[str]:
    """What the personal columns of a table are for."""
    columns = SQLModel.metadata.tables[table].columns
    return {column.info["purpose"] for column in columns if "purpose" in column.info}


async def readable(ctx: Context, rows: dict[str, list[dossier.Row]]) -> str:
    """The page: what was decided, the name, and how much is kept for what, how long."""
    decided = [ctx.text(f"stands-{consent.choice}", circle=await name_of(ctx, consent.circle))
               for consent in await consents(ctx)]  # fmt: skip
    names = sorted({str(row["name"]) for row in rows.get("consent", ()) if row.get("name")})
    counted = Counter[str]()
    for table, found in rows.items():
        for purpose in {column.info["purpose"] for column in dossier.owners(SQLModel.metadata.tables[table])}:
            counted[purpose] += len(found)
    lines = [
        ctx.text("mesdonnees-line", what=ctx.text(f"purpose-{name}"), count=counted[name],
                 kept=ctx.text(f"purpose-{name}-kept"))
        for name in PURPOSES if counted[name]
    ]  # fmt: skip
    objections = [objection(ctx, row) for row in rows.get("objection", ())]
    parts = [
        ctx.text("mesdonnees-title"),
        *decided,
        *([ctx.text("mesdonnees-name", name=", ".join(names))] if names else []),
        *(lines or [ctx.text("mesdonnees-nothing")]),
        *objections,
        ctx.text("mesdonnees-never", prefix=ctx.can(ctx.home).prefix),
    ]
    return "\n".join(parts)


def objection(ctx: Context, row: dossier.Row) -> str:
    """How an objection stands."""
    at = day(ctx, datetime.fromisoformat(row["at"]))
    if row["answered"] is None:
        return ctx.text("mesdonnees-objection-open", number=row["id"], at=at)
    return ctx.text("mesdonnees-objection-answered", number=row["id"], at=at, answer=row["answer"] or "")


# --- what was decided


@feature.command("consentements", private=True)
async def decisions(ctx: Context, _: str) -> None:
    """What holds now in each circle, and every receipt: when, where, what, on which wording."""
    stands = [ctx.text(f"stands-{consent.choice}", circle=await name_of(ctx, consent.circle))
              for consent in await consents(ctx)]  # fmt: skip
    mine = select(Receipt).where(Receipt.person == ctx.work.hash(ctx.sender)).order_by(col(Receipt.at).desc())
    receipts = []
    for receipt in await ctx.work.exec(mine):
        key = f"receipt-{receipt.purpose}-{receipt.choice}"
        receipts.append(ctx.text(
            "receipt-line",
            at=day(ctx, receipt.at),
            circle=await name_of(ctx, receipt.circle),
            choice=ctx.text(key) if ctx.world.texts.has(key) else f"{receipt.purpose} {receipt.choice}",
            wording=receipt.wording or "–",
        ))  # fmt: skip
    if not stands and not receipts:
        await ctx.whisper("consentements-none", prefix=ctx.can(ctx.home).prefix)
        return
    lines = Markup("\n".join(stands or [ctx.text("consentements-silent")]))  # noqa: S704 - made of our own texts
    proofs = Markup("\n".join(receipts or [ctx.text("consentements-no-receipt")]))  # noqa: S704
    await ctx.whisper("consentements-are", lines=lines, receipts=proofs, prefix=ctx.can(ctx.home).prefix)


async def consents(ctx: Context) -> list[Consent]:
    """Their decisions, in every circle."""
    mine = select(Consent).where(Consent.person == ctx.work.hash(ctx.sender)).order_by(col(Consent.circle))
    return list(await ctx.work.exec(mine))


async def name_of(ctx: Context, circle: int) -> str:
    """A circle's name; it may be gone by now."""
    found = await ctx.work.get(Circle, circle)
    return found.name if found else ctx.text("circle-gone")


def day(ctx: Context, at: datetime) -> str:
    """A moment as people write it here."""
    return at.astimezone(ctx.world.settings.timezone).strftime("%d/%m/%Y %H:%M")
