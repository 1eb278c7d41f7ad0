"""Several campaigns side by side, each with its own sandboxes and desks."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from polydesk.campaigns.chaos.campaign import Report, Settings, run

SEEDS_APART = 1_000_000


async def run_split(settings: Settings, workers: int) -> Report:
    """Share the kills between workers and add up what they found."""
    shares = [
        settings.kills // workers + (place < settings.kills % workers) for place in range(workers)
    ]
    reports = await asyncio.gather(
        *(
            run(replace(settings, kills=share, seed=settings.seed + place * SEEDS_APART))
            for place, share in enumerate(shares)
        )
    )
    total = reports[0]
    for report in reports[1:]:
        total.add(report)
    return total
