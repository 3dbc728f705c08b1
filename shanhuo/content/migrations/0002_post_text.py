"""The words of published posts, searchable on both databases."""

from typing import ClassVar

from django.db import migrations

from shanhuo.kernel.textindex import CreateTextIndex


class Migration(migrations.Migration):
    dependencies: ClassVar = [("content", "0001_initial")]
    operations: ClassVar = [CreateTextIndex("content_post_text")]
