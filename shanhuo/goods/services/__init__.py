"""Everything that can happen to goods."""

from shanhuo.goods.services.stock import (
    BadQuantity,
    HeldUnit,
    NotForSale,
    OutOfStock,
    hold_stock,
    put_back_taken_stock,
    return_held_stock,
    take_held_stock,
)

__all__ = [
    "BadQuantity",
    "HeldUnit",
    "NotForSale",
    "OutOfStock",
    "hold_stock",
    "put_back_taken_stock",
    "return_held_stock",
    "take_held_stock",
]
