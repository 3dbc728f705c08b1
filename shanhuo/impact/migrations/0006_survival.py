"""What days left of creators; days counted before it are counted again in the next night."""

from typing import Any

from django.db import migrations, models


def count_again(apps: Any, _schema_editor: Any) -> None:
    apps.get_model("impact", "Fill").objects.filter(log="signals").update(entry_count=0)


def _id() -> "tuple[str, models.BigAutoField[Any, Any]]":
    return (
        "id",
        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("impact", "0005_count_without_fakes"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreatorDay",
            fields=[_id(), ("day", models.DateField(unique=True)), ("state", models.BinaryField())],
        ),
        migrations.CreateModel(
            name="SurvivalNote",
            fields=[
                _id(),
                ("day", models.DateField(unique=True)),
                ("noted_at", models.DateTimeField()),
                ("figures", models.JSONField()),
            ],
        ),
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]
