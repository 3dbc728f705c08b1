"""One open question each; answers that can be searched on both databases."""

from django.db import migrations, models
from django.db.models import Q

from shanhuo.kernel.textindex import CreateTextIndex


class Migration(migrations.Migration):
    dependencies = [("live", "0020_room_badge_presence")]
    operations = [
        migrations.AddConstraint(
            "question",
            models.UniqueConstraint(
                fields=["session", "asker"],
                condition=Q(status__in=["waiting", "answering"]),
                name="one_open_question_each",
            ),
        ),
        CreateTextIndex("live_answer_text"),
    ]
