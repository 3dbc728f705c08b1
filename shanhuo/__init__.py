"""Shanhuo 山货: content commerce for rural revitalisation, with every figure recountable."""

__version__ = "0.1.0"
