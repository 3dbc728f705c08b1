"""The index of words by which products are found."""

from typing import ClassVar

from django.db import migrations

from shanhuo.kernel.textindex import CreateTextIndex


class Migration(migrations.Migration):
    dependencies: ClassVar = [("goods", "0001_initial")]

    operations: ClassVar = [CreateTextIndex("goods_product_text")]
