"""8 annotators on one server over SQLite; prints double hand-outs, CPU milliseconds a task and tasks a second."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def run(tasks: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from tests.bench.overhttp import race, twice
    from tests.factories.clients import Program
    from tests.factories.crowds import add_many_tasks, add_people, keys_of
    from tests.factories.servers import Installation
    from tests.factories.tasks import make_world

    world = make_world(tasks=0)
    add_many_tasks(world, tasks + 100)
    with Installation(Path(os.environ["LAPIDARY_HOME"]), connection.settings_dict) as installation:
        web = installation.web()
        programs = [Program([web.url], key) for key in keys_of(add_people(world, 8))]
        taken, seconds, meter = race(world, programs, tasks, [web.process.pid])
    print(twice(taken), meter.total / tasks * 1000, tasks / seconds)


if __name__ == "__main__":
    run(int(sys.argv[1]))
