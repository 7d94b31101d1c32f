"""What is heard in a circle is judged before the features hear of it; who serves there, and the bot, never are."""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.events import Judged
from bot.feature import Context
from bot.recent import SHORTEST, Recently
from bot.store import Circle, where
from bridges import markup
from bridges.model import Heard, Message, Stirred
from moderation.judgement import Decision, Finding, Judgement, judge
from moderation.normalise import skeleton
from moderation.policy import DEFAULT, Policy
from moderation.subject import Recent, Subject

log = structlog.get_logger()


class Judging:
    """Makes up the bot's mind about words, and sees to it that what is to wait does."""

    def __init__(self) -> None:
        self._recently = Recently()
        judge(Subject(text="bonjour"), DEFAULT)  # reads what has to be read, so that the first message need not wait

    async def consider(self, ctx: Context, said: Heard) -> tuple[Heard, Judged | None]:
        """The words as the features may hear them, and what there is to tell about them afterwards.

        From here on, what is queued for these words is held if it has to be, or waits because their author is new.
        """
        ctx.work.holding, ctx.work.delaying = "", ("", timedelta(0))
        circle = await ctx.work.circle(said.ref.chat) if not said.private else None
        if circle is None or said.whispered:
            return said, None
        said = await self._without_held_words(ctx, said)
        if said.sender.collective or await ctx.roles(circle):
            return said, None
        judgement, delay = await self._judgement(ctx, said, circle)
        origin = where(said.ref)
        if judgement.decision >= Decision.HOLD or (not isinstance(said, Message) and await ctx.work.is_held(said.ref)):
            ctx.work.holding = origin
        elif delay:
            ctx.work.delaying = origin, delay
        if max(judgement.decision, judgement.would) is Decision.PASS:
            return said, None
        return said, Judged(at=said.at, said=said, judgement=judgement, circle=circle.id or 0)

    async def comes(self, ctx: Context, stirred: Stirred) -> None:
        """Who comes is new; what is known of those who leave is forgotten after a while."""
        if circle := await ctx.work.circle(stirred.chat):
            if stirred.what == "joined":
                await ctx.work.arrives(stirred.sender, circle)
            elif stirred.what == "left":
                await ctx.work.leaves(stirred.sender, circle)

    async def _judgement(self, ctx: Context, said: Heard, circle: Circle) -> tuple[Judgement, timedelta]:
        """What the checks think, and how long the words of someone new wait."""
        policy, first = await ctx.work.policy(circle), isinstance(said, Message)
        new = await ctx.work.newcomer(said.sender, circle, policy, speaks=first)
        counts = policy.rule("flood").on or policy.rule("duplicates").on
        recent = self._counted(ctx, said) if first and counts else Recent()
        subject = Subject.of(said, newcomer=new, language=ctx.language, recent=recent)
        return opinion(subject, policy), timedelta(seconds=policy.newcomer_delay if new else 0)

    def _counted(self, ctx: Context, said: Heard) -> Recent:
        words = skeleton(markup.plain(said.html))
        text = ctx.work.seal.find("words", words) if len(words) >= SHORTEST else ""
        return self._recently.note(ctx.work.hash(said.sender), ctx.work.place(said.ref.chat), text, said.at)

    async def _without_held_words(self, ctx: Context, said: Heard) -> Heard:
        """What is held must not leave in somebody's answer either."""
        if isinstance(said, Message) and said.reply_to and await ctx.work.is_held(said.reply_to):
            return replace(said, quote="", answered=None)
        return said


def opinion(subject: Subject, policy: Policy) -> Judgement:
    """What the checks think; where one of them breaks on these words, a human looks at them."""
    try:
        return judge(subject, policy)
    except Exception as error:
        log.error("a check failed", kind=type(error).__name__)
        return Judgement.of([Finding(check="defect", reason="defect", severity=Decision.HOLD)], policy)
