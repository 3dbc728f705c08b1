"""What of an exact number the public reads."""

from shanhuo.impact.metrics import Metric, Unit

ROUNDED_TO_FEN = 10_000


def published_value(metric: Metric, value: int) -> int:
    """Money of households in steps of 100 yuan, half up; every other number as it is.

    Rounding alone protects nobody: `suppression` decides what may be published at all. It takes
    away what is left, the exact sum from which a reader subtracts the slips they know of.
    """
    if not metric.is_sensitive or metric.unit is not Unit.FEN:
        return value
    return (value + ROUNDED_TO_FEN // 2) // ROUNDED_TO_FEN * ROUNDED_TO_FEN
