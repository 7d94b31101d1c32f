"""What Prometheus may read: counts by network and by kind; no chat, no person, no word ever becomes a label."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import col, func, select

from bot.app import App
from bot.store import OPEN, DayCount, Outgoing, State, Work, now


@dataclass(frozen=True, slots=True)
class Queue:
    """How a network's part of the outbox is; `oldest` is when the row that waits longest was made."""

    waiting: int = 0
    dead: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database counts at one moment."""

    queues: Mapping[str, Queue] = field(default_factory=dict)
    today: Mapping[str, int] = field(default_factory=dict)

    @property
    def oldest_seconds(self) -> float | None:
        """The age of what waits longest on any network."""
        made = [queue.oldest for queue in self.queues.values() if queue.oldest]
        return max(0.0, (now() - min(made)).total_seconds()) if made else None


async def count(work: Work) -> Snapshot:
    """Count what waits, what can never be delivered, and what happened today in all chats together."""
    waiting = await work.exec(
        select(Outgoing.network, func.count(), func.min(Outgoing.made))
        .where(col(Outgoing.state).in_(OPEN))
        .group_by(Outgoing.network)
    )
    queues = {network: Queue(waiting=rows, oldest=oldest) for network, rows, oldest in waiting}
    dead = await work.exec(
        select(Outgoing.network, func.count()).where(Outgoing.state == State.DEAD).group_by(Outgoing.network)
    )
    for network, rows in dead:
        had = queues.get(network, Queue())
        queues[network] = Queue(had.waiting, rows, had.oldest)
    days = await work.exec(
        select(DayCount.what, func.sum(DayCount.count)).where(DayCount.day == now().date()).group_by(DayCount.what)
    )
    return Snapshot(queues, {what: int(total or 0) for what, total in days})


class Metrics(Collector):
    """A registry of its own; `snapshot` is what the database counted last."""

    def __init__(self, app: App) -> None:
        self._app, self.snapshot = app, Snapshot()
        self._registry = CollectorRegistry()
        for about in (ProcessCollector, PlatformCollector, GCCollector):
            about(registry=self._registry)
        self._registry.register(self)

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Called whenever somebody reads."""
        waiting = GaugeMetricFamily("palier_outbox_waiting", "Actions that wait to be carried out", labels=["network"])
        dead = GaugeMetricFamily("palier_outbox_dead", "Actions that can never succeed, of 30 days", labels=["network"])
        oldest = GaugeMetricFamily("palier_outbox_oldest_seconds", "Age of what waits longest", labels=["network"])
        up = GaugeMetricFamily("palier_bridge_up", "1: running, 0: waiting or stopped", labels=["network"])
        odd = CounterMetricFamily("palier_bridge_odd", "News that were not understood", labels=["network", "kind"])
        for name, bridge in self._app.bridges.items():
            queue = self.snapshot.queues.get(name, Queue())
            age = (now() - queue.oldest).total_seconds() if queue.oldest else 0.0
            waiting.add_metric([name], queue.waiting)
            dead.add_metric([name], queue.dead)
            oldest.add_metric([name], max(0.0, age))
            running = self._app.lines[name].state == "running" and name not in self._app.courier.stopped
            up.add_metric([name], int(running))
            for kind, times in bridge.odd.items():
                odd.add_metric([name, kind], times)
        done = CounterMetricFamily("palier_done", "Actions carried out since the start", labels=["network", "kind"])
        tally = CounterMetricFamily("palier_tally", "Retries, doubts, dead letters, errors", labels=["what"])
        for what, times in self._app.tally.items():
            match what.split("_", 2):
                case ["done", network, kind]:
                    done.add_metric([network, kind], times)
                case _:
                    tally.add_metric([what], times)
        today = GaugeMetricFamily("palier_today", "What happened today in all chats together", labels=["what"])
        for what, times in self.snapshot.today.items():
            today.add_metric([what], times)
        return [waiting, dead, oldest, up, odd, done, tally, today]
