"""Goods, basket, orders, receipts: the buyer's way."""
