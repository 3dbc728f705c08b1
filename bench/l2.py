"""L2: one small frame, made once, sent to every viewer of a room twice a second.

Beside ours in the same run: a loop of send() in C, which is the least it can cost, and the bare
library, which is what somebody gets who checks no ticket and counts nothing.
"""

from bench._rooms import Evening, Seen, bare, floor, has_compiler, rooms, town, watch
from bench.lib import Figure

FRAMES_PER_S = 2
HEARTBEAT_S = 15


def run(quick: bool) -> list[Figure]:
    """Ours, the bare library, C."""
    if not has_compiler():
        print("L2 needs a C compiler (cc) for its crowd of viewers; there is none here.")
        return []
    viewers, run_s = (3_000, 5.0) if quick else (12_000, 20.0)
    with town(0, viewers) as environment:
        # A few taps keep the figures moving, so that there is something to tell every time.
        crowd = Evening(viewers, beats=viewers / HEARTBEAT_S, likes=20, run_s=run_s)
        ours = watch(rooms(), environment, crowd)
        size = round(ours.crowd["bytes"] / ours.crowd["frames"])
        library = watch(bare(size), environment, crowd)
        # The C server writes the longer of the two forms of a header.
        least = watch(floor(max(126, size)), environment, crowd)
    note = (
        f"{viewers:,} sockets, frames of {size} bytes, {ours.us_per_frame:.1f} us each "
        f"(library {library.us_per_frame:.1f}, C {least.us_per_frame:.1f}); "
        f"{ours.core:.0%} of a core, frames late p50 {ours.crowd['delay_p50_ms']:.0f} ms, "
        f"p99 {ours.crowd['delay_p99_ms']:.0f} ms"
    )
    baselines = {"bare picows": viewers_per_core(library)}
    return [
        Figure(
            track="l2",
            metric="viewers_per_core",
            ours=viewers_per_core(ours),
            unit="viewers",
            baselines=baselines,
            limit=viewers_per_core(least),
            must=15_000,
            goal=40_000,
            note=note,
        ),
        Figure(
            track="l2",
            metric="kb_per_socket",
            ours=ours.bytes_per_socket / 1024,
            unit="KB",
            baselines={"bare picows": library.bytes_per_socket / 1024},
            must=30,
            goal=30,
            higher_is_better=False,
            note="memory of the process, divided by its sockets; the kernel's own is not in it",
        ),
    ]


def viewers_per_core(seen: Seen) -> float:
    """How many could be told twice a second with all of a core, from the CPU that frames cost."""
    return 1e6 / (FRAMES_PER_S * seen.us_per_frame)
