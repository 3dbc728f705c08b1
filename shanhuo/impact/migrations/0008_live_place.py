"""Tallies say what the place kept for a live session costs; older days are counted again."""

from typing import Any

from django.db import migrations


def count_again(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("impact", "ExposureDay").objects.all().delete()
    apps.get_model("impact", "Fill").objects.filter(log="signals").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("impact", "0007_floor_costs"),
    ]

    operations = [
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]
