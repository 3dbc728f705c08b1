"""Tallies of the feed by day; days counted before it are counted again within the hour."""

from typing import Any

from django.db import migrations, models


def count_again(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("impact", "Fill").objects.filter(log="signals").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("impact", "0003_ranking_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExposureDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True)),
                ("state", models.BinaryField()),
            ],
        ),
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]
