"""What is there: one person's view of a chat, everybody and every chat, and what bots have asked."""

from bridges.simulator import render
from bridges.simulator.control.desk import Desk
from bridges.simulator.view import view
from bridges.simulator.world import Json


class Sight(Desk):
    """Looking, without changing anything."""

    def view(self, chat_id: int, user_id: int, last: int = 0) -> Json:
        """What the person sees; of a long chat only the `last` messages, where asked so."""
        return view(self.world.chat_of(chat_id, user_id), user_id, last)

    def whole(self) -> Json:
        """Users, bots (whether they poll, and how much waits for them) and chats; private ones with their two ends."""
        world = self.world
        return {
            "users": [render.user(user) for user in world.users.values()],
            "bots": [
                render.user(bot) | {"polling": bot.queue.polled, "waiting": len(bot.queue.waiting)}
                for bot in world.bots.values()
            ],
            "chats": [
                render.chat(chat)
                | {
                    "members": {str(i): place.status for i, place in chat.members.items()},
                    "topics": [
                        {"message_thread_id": topic.id, "name": topic.name, "closed": topic.closed}
                        for topic in chat.topics.values()
                    ],
                    "moved_to": chat.moved_to,
                    "linked": chat.linked.id if chat.linked else 0,
                }
                for chat in world.chats.values()
            ],
            "private": [
                {"bot": chat.bot.id, "user": chat.user.id, "blocked": chat.blocked}
                for chat in world.private.values()
                if chat.bot and chat.user
            ],
            "ephemerals_arrive": world.ephemerals_arrive,
            "limits": self.limits.on,
        }

    def asked(self, since: int = 0) -> Json:
        return {"calls": self.ledger.since(since)}

    def counts(self) -> Json:
        """How often each method was called and how calls ended; `refused` are the 429 of the limits, by chat."""
        return {
            "methods": dict(self.ledger.methods),
            "statuses": {str(status): count for status, count in self.ledger.statuses.items()},
            "refused": {str(chat): count for chat, count in self.limits.refused.items()},
        }
