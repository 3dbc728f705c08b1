"""The words of grants that forms and programs choose from."""

from typing import Literal

from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.models.grants import Means, Placement

AudienceName = Literal["everyone", "province", "elsewhere"]
KindName = Literal["county", "creator", "goods", "post", "village", "session"]
MeansName = Literal["product", "live", "creator"]
PlacementName = Literal["feed", "banner", "splash"]

AUDIENCES = Grant.Audience.choices
AUDIENCE_OF = {audience.value: audience for audience in Grant.Audience}
MEANS = Means.choices
MEANS_OF = {means.value: means for means in Means}
PLACEMENTS = Placement.choices
PLACEMENT_OF = {placement.value: placement for placement in Placement}
KINDS = {kind.value: kind for kind in Contract.Kind}
