"""`make fuzz`: the translators of both networks on mutated updates and events, until the time is up or one breaks."""

import argparse
import sys
import time
from random import SystemRandom

from hypothesis import HealthCheck, settings

from tests.bridges.test_matrix_fuzz import test_whatever_people_send_is_understood_or_odd as matrix
from tests.bridges.test_telegram_fuzz import one as telegram

ROUND = 2_000  # events of one network between two looks at the clock


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1 << 30))
    asked = parser.parse_args()
    health = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    many = settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=health)(matrix)
    end, seed, events = time.monotonic() + asked.seconds, asked.seed, 0
    while time.monotonic() < end:
        for number in range(seed, seed + ROUND):
            telegram(number)
        seed += ROUND
        many()
        events += 2 * ROUND
    what = f"{events:,} mutated updates and events in {asked.seconds:.0f} s, seed {asked.seed}"
    sys.stdout.write(f"{what}: no exception\n")


if __name__ == "__main__":
    main()
