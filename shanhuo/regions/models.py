from django.db import models

from shanhuo.kernel import ids
from shanhuo.regions.datum import Gcj02


class Area(models.Model):
    """What provinces, prefectures and counties have in common.

    `search_keys` holds `|name|former name|adcode|pinyin|initials|`, so that one LIKE finds a place
    by any of them; the loader writes it.
    """

    adcode = models.CharField(max_length=6, unique=True, help_text="GB/T 2260 code, as text.")
    name = models.CharField(max_length=40)
    search_keys = models.TextField(editable=False, default="")
    seat_lng_gcj02 = models.FloatField(null=True, blank=True, help_text="Degrees, GCJ-02.")
    seat_lat_gcj02 = models.FloatField(null=True, blank=True, help_text="Degrees, GCJ-02.")

    class Meta:
        abstract = True
        ordering = ["adcode"]

    def __str__(self) -> str:
        return self.name

    @property
    def seat(self) -> Gcj02 | None:
        """Where the government sits."""
        if self.seat_lng_gcj02 is None or self.seat_lat_gcj02 is None:
            return None
        return Gcj02(self.seat_lng_gcj02, self.seat_lat_gcj02)


class CityTier(models.TextChoices):
    """Commercial city tier (城市商业魅力排行) of 2025."""

    FIRST = "1", "一线"
    NEW_FIRST = "1.5", "新一线"
    SECOND = "2", "二线"
    THIRD = "3", "三线"
    FOURTH = "4", "四线"
    FIFTH = "5", "五线"


class Province(Area):
    """A province, region or municipality (省级). Only municipalities have a city tier."""

    city_tier = models.CharField(max_length=3, blank=True, choices=CityTier)


class Prefecture(Area):
    """A prefecture or prefecture-level city (地级)."""

    province = models.ForeignKey(Province, models.PROTECT, related_name="prefectures")
    city_tier = models.CharField(max_length=3, blank=True, choices=CityTier)


class County(Area):
    """A county, district, banner or county-level city (县级): the unit this platform works for.

    `exit_year` is the year it left the list of the 832 national poor counties; blank: never listed.
    `key_county_basis` says on whose word it is a key county for rural revitalisation of 2021
    (国家乡村振兴重点帮扶县); blank: not known to be one. The pack names 90 of the 160.
    """

    class KeyCountyBasis(models.TextChoices):
        PACK = "pack", "Data pack"
        OFFICER = "officer", "County officer"

    province = models.ForeignKey(Province, models.PROTECT, related_name="counties")
    # Municipalities and counties run by their province have no prefecture.
    prefecture = models.ForeignKey(
        Prefecture, models.PROTECT, related_name="counties", null=True, blank=True
    )
    exit_year = models.PositiveSmallIntegerField(null=True, blank=True)
    key_county_basis = models.CharField(max_length=7, blank=True, choices=KeyCountyBasis)
    key_county_source = models.CharField(max_length=200, blank=True)

    class Meta(Area.Meta):
        verbose_name_plural = "counties"

    @property
    def was_poor_county(self) -> bool:
        """Whether it was one of the 832."""
        return self.exit_year is not None

    @property
    def is_key_county(self) -> bool:
        return bool(self.key_county_basis)

    @property
    def path_name(self) -> str:
        """重庆市 · 巫山县, or with the prefecture between."""
        parents = [self.province.name, self.prefecture.name if self.prefecture else ""]
        return " · ".join(name for name in [*parents, self.name] if name)


class PovertyListing(models.Model):
    """One of the 832 lines of the list, under the name and code the county had then.

    Two lines may lead to one county of today: 冷湖 and 茫崖 were merged.
    """

    county = models.ForeignKey(County, models.PROTECT, related_name="poverty_listings")
    name = models.CharField(max_length=40)
    adcode = models.CharField(max_length=6)
    exit_year = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "name"], name="one_listing_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Village(models.Model):
    """An administrative village (行政村), added by its county's office."""

    public_id = ids.PublicIdField()
    county = models.ForeignKey(County, models.PROTECT, related_name="villages")
    township = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=40)
    search_keys = models.TextField(editable=False, default="")

    class Meta:
        ordering = ["township", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["county", "township", "name"], name="village_name_once_per_township"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Boundary(models.Model):
    """The outline of an area, from the boundary files of the data pack.

    `rings_gcj02` is JSON: rings of lng, lat, lng, lat, … in ten-thousandths of a degree, GCJ-02.
    It stands apart from its area because the pack also outlines what is no division (the dashed
    line `100000_JD`), and because few pages need it.
    """

    class Level(models.TextChoices):
        PROVINCE = "province"
        PREFECTURE = "prefecture"
        COUNTY = "county"

    level = models.CharField(max_length=10, choices=Level)
    adcode = models.CharField(max_length=9)
    province_adcode = models.CharField(max_length=9, db_index=True)
    rings_gcj02 = models.TextField()

    class Meta:
        verbose_name_plural = "boundaries"
        constraints = [
            # Municipalities have the same code as province and as prefecture.
            models.UniqueConstraint(fields=["level", "adcode"], name="one_boundary_per_area")
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.adcode}"
