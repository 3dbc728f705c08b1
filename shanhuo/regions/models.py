"""Places of administration: province, prefecture, county, village."""

from django.db import models


class Province(models.Model):
    """A province-level unit (省级)."""

    adcode = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name


class Prefecture(models.Model):
    """A prefecture-level unit (地级)."""

    adcode = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=40)
    province = models.ForeignKey(Province, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class County(models.Model):
    """A county-level unit (县级): the unit by which the platform is scoped and counted."""

    adcode = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=40)
    province = models.ForeignKey(Province, models.PROTECT, related_name="+")
    prefecture = models.ForeignKey(Prefecture, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Village(models.Model):
    """A village (行政村), entered by the county's officers."""

    county = models.ForeignKey(County, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "name"], name="village_name_once_per_county")
        ]

    def __str__(self) -> str:
        return self.name
