"""Grants whose objects leave to the county what they cannot use any more."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("traffic", "0006_sums_of_a_programme")]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="is_pooled",
            field=models.BooleanField(
                default=False, help_text="What an object cannot use any more goes to the county."
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="pooled_count",
            field=models.BigIntegerField(
                default=0,
                help_text="Came from objects of the grant; negative: went to the county.",
            ),
        ),
        migrations.AddField(
            model_name="contract",
            name="paced_from",
            field=models.DateTimeField(
                help_text="Where its straight line begins, since something was pooled.", null=True
            ),
        ),
        migrations.RemoveConstraint(model_name="contract", name="contract_has_a_quota"),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=Q(quota_count__gt=0) | Q(pooled_count__gt=0),
                name="contract_has_a_quota",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=Q(quota_count__gte=F("pooled_count") * -1),
                name="contract_pools_no_more_than_its_quota",
            ),
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("issue", "Budget issued"),
                    ("grant", "Granted"),
                    ("assign", "Promised to an object"),
                    ("pool", "Not usable by its object, back to the grant for the county"),
                    ("reserve", "Lent to the feed"),
                    ("release", "Back from the feed, not shown"),
                    ("deliver", "Delivered"),
                    ("exclude", "Excluded as suspected fake, given back"),
                    ("beyond", "Delivered beyond the contract"),
                    ("return", "Unused, back to the programme"),
                    ("expire", "Budget expired"),
                ],
                max_length=8,
            ),
        ),
    ]
