"""What the filter thinks of a message and why: for moderators, and for whoever wrote it."""

from markupsafe import Markup

from bot.feature import Context
from bot.features.cases.base import feature, judges, prefix
from bot.features.cases.desk import ground_text
from bot.features.cases.matter import answered
from bridges import markup
from bridges.model import Message
from moderation.judgement import Judgement, judge
from moderation.subject import Subject

MATCHED = 5  # words that are shown of each check


@feature.command("expliquer", private=True)
async def explain(ctx: Context, _: str) -> None:
    """In answer to a message: what each check finds in it, by the policy of its circle; nothing is done."""
    matter = await answered(ctx)
    circle = await ctx.work.circle(matter.ref.chat) if matter else None
    if matter is None or circle is None:
        await ctx.whisper("expliquer-how", prefix=prefix(ctx))
        return
    own = ctx.work.hash(matter.person) == ctx.work.hash(ctx.sender)
    if not own and not await judges(ctx, circle):
        await ctx.whisper("not-yours")
        return
    policy = await ctx.work.policy(circle)
    newcomer = await ctx.work.newcomer(matter.person, circle, policy, speaks=False)
    said = ctx.heard.answered
    if isinstance(said, Message) and said.ref == matter.ref:
        subject = Subject.of(said, newcomer=newcomer, language=ctx.language)
    else:
        subject = Subject(text=markup.plain(matter.html), newcomer=newcomer, language=ctx.language)
    await tell(ctx, judge(subject, policy))


async def tell(ctx: Context, judgement: Judgement) -> None:
    """A judgement in words."""
    lines = []
    for one in judgement.findings:
        found = ", ".join(f"« {word} »" for word in dict.fromkeys(one.matched[:MATCHED]))
        ground = Markup(ground_text(ctx, one.reason))  # noqa: S704 - our own texts
        step = Markup(ctx.text(f"decision-{one.severity}"))  # noqa: S704
        tried = Markup(ctx.text("explain-dry")) if one.dry else ""  # noqa: S704
        lines.append(ctx.text("explain-line", check=one.check, ground=ground, step=step, found=found, tried=tried))
    listed = Markup("\n".join(lines))  # noqa: S704 - made of our own texts
    decision = Markup(ctx.text(f"decision-{judgement.decision}"))  # noqa: S704
    would = Markup(ctx.text(f"decision-{judgement.would}"))  # noqa: S704
    key = "explain-nothing" if not judgement.findings else "explain"
    await ctx.whisper(key, decision=decision, would=would, lines=listed, policy=judgement.policy)
