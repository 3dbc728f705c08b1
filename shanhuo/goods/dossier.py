"""What a brand says of itself (品牌档案)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What a brand says of itself, in working order."""

    survey: str = ""
    selling_points: str = ""
    positioning: str = ""
    slogan: str = ""
    differentiators: str = ""
    forbidden_claims: str = ""
    proof: str = ""
