"""Tallies say what floors cost, traces their day; older days are counted again."""

from typing import Any

from django.db import migrations


def count_again(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("impact", "CreatorDay").objects.all().delete()
    apps.get_model("impact", "ExposureDay").objects.all().delete()
    apps.get_model("impact", "Fill").objects.filter(log="signals").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("impact", "0006_survival"),
    ]

    operations = [
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]
