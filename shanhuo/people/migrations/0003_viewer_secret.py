"""The feed knows an account by a secret of its own, which can be erased; it was the row's number."""

import secrets

import shanhuo.kernel.ids
from django.db import migrations, models

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def give_each_account_one(apps, schema_editor):
    User = apps.get_model("people", "User")
    for user in User.objects.filter(erased_at=None).only("pk").iterator(chunk_size=2000):
        secret = "".join(secrets.choice(CROCKFORD) for _ in range(16))
        User.objects.filter(pk=user.pk).update(viewer_secret=secret)


class Migration(migrations.Migration):
    dependencies = [("people", "0002_passkey")]

    operations = [
        migrations.AddField(
            "user",
            "viewer_secret",
            models.CharField(blank=True, default="", max_length=16),
        ),
        migrations.RunPython(give_each_account_one, migrations.RunPython.noop),
        migrations.AlterField(
            "user",
            "viewer_secret",
            models.CharField(
                blank=True,
                default=shanhuo.kernel.ids.new_public_id,
                help_text="What the feed knows the account by; erased with it, and the way back is gone.",
                max_length=16,
            ),
        ),
    ]
