"""A process that sells: its own line and its own memory, as the buy door has them.

Every line on its input is a batch, `[[buyer, …], "again" | ""]`; what became of it goes out as one
line. It tells Redis and hears from it before and after each batch.
"""

import asyncio
import json
import sys
from collections import Counter

from django.conf import settings

from shanhuo.orders.front import Front, open_redis
from shanhuo.orders.hot import Wish
from shanhuo.orders.line import Line


def main(database: str, sale_id: str, url: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    asyncio.run(sell(int(sale_id), url))


async def sell(sale_id: int, url: str) -> None:
    front = Front(url)
    line = Line(asyncio.get_running_loop(), others=front.others, tell=front.hear)
    client = open_redis(url)
    while text := await asyncio.to_thread(sys.stdin.readline):
        buyers, again = json.loads(text)
        await front.exchange(client, len(line))
        states: Counter[str] = Counter()
        for buyer in buyers:
            gone = None if again else front.gone(sale_id)
            if gone is None:
                answer = await line.ask(Wish(sale_id, buyer, 1), arrived=line.arrive())
                states[answer.state.value] += 1
            else:
                states[f"remembered {gone.value}"] += 1
        heard = await front.exchange(client, len(line))
        print(json.dumps({**states, "redis": heard}), flush=True)
    await line.close()
    await client.aclose()
