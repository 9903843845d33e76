"""A worker: a program that does the slices that it is sent, one instance of the handler to itself.

Reads one Job, then Slices, and writes what happens in them. When the fnfuzz process that started it is gone, its guard
ends its handler.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace

from fnfuzz.drivers import Wakeful
from fnfuzz.extensions import extended
from fnfuzz.fuzz.collecting import seldom_collecting
from fnfuzz.fuzz.workers.drawing import Drawing
from fnfuzz.fuzz.workers.program import desk, send
from fnfuzz.fuzz.workers.slices import sources_of, work
from fnfuzz.host import Host

__all__ = ["main"]


def main() -> None:
    """Work until told to end."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    incoming, out = desk()
    job = incoming.get()
    if job is None:
        return
    with extended(job.extensions) as extensions:
        extensions.resume({})
        plan = job.plan
        # A worker and its handler take a core each.
        Wakeful.wanted = 2 * plan.jobs <= (os.cpu_count() or 1)
        sources = sources_of(job)
        for source in sources:
            source.load_seeds()
        early = dict(extensions.notices.told)
        send(out, "ready")
        drawing = Drawing(plan.seed, patient=plan.max_cases is not None)
        host = Host(
            job.app,
            patience=plan.patience,
            start_patience=plan.start_patience,
            environ=job.environ,
            limits=plan.limits,
            headers=plan.headers,
        )
        with seldom_collecting(), drawing, host:
            for source in sources:
                source.drawn_elsewhere = drawing.of
            while (task := incoming.get()) is not None:
                task = replace(task, told={**early, **task.told})
                for event in work(job, sources, host, task):
                    send(out, event)


if __name__ == "__main__":
    main()
