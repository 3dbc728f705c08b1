"""Days counted with the exposures that nobody believes are counted again within the hour."""

from typing import Any

from django.db import migrations


def count_again(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("impact", "Fill").objects.filter(log="signals").update(entry_count=0)


class Migration(migrations.Migration):
    dependencies = [
        ("impact", "0004_exposure_day"),
    ]

    operations = [
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]
