"""Contracts on villages and on live sessions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("traffic", "0004_trials")]

    operations = [
        migrations.AddField(
            model_name="contract",
            name="airs_at",
            field=models.DateTimeField(
                help_text="Of a session: when it begins, as announced, then as it did.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="contract",
            name="kind",
            field=models.CharField(
                choices=[
                    ("county", "County"),
                    ("creator", "Creator"),
                    ("goods", "Product"),
                    ("post", "Clip"),
                    ("village", "Village"),
                    ("session", "Live session"),
                ],
                max_length=7,
            ),
        ),
        migrations.AlterField(
            model_name="contract",
            name="target",
            field=models.PositiveBigIntegerField(
                help_text="Adcode, or the row id of the object."
            ),
        ),
        migrations.AlterField(
            model_name="contract",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("delivered", "All delivered"),
                    ("over", "Its days are over"),
                    ("stopped", "Stopped by an operator"),
                    ("withdrawn", "The clip was withdrawn"),
                    ("banned", "The account was suspended"),
                    ("no_stock", "The stock is sold out"),
                    ("exited", "The product left the pool or the shop"),
                    ("ended", "The session is over"),
                    ("cancelled", "The session was cancelled"),
                ],
                max_length=9,
            ),
        ),
    ]
