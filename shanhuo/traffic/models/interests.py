"""What viewers say about their own taste (兴趣标签). What is learned of them is in no table."""

from django.db import models

from shanhuo.traffic.wishes import About, Wish


class Interest(models.Model):
    """One wish of one viewer: chosen, muted or only forgotten.

    `viewer` is the pseudonymous number of the signals. `forgotten_at`: what was learned about this
    until then does not count any more, also after a restart, which learns from the log again.
    """

    viewer = models.BigIntegerField()
    about = models.CharField(max_length=6, choices=About)
    subject = models.CharField(
        max_length=40, blank=True, help_text="Name of a topic, adcode, row id of an author."
    )
    wish = models.CharField(max_length=6, choices=Wish, blank=True)
    forgotten_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["viewer", "about", "subject"], name="interest_once"),
            models.CheckConstraint(
                condition=~models.Q(about=About.ALL) | models.Q(subject="", wish=Wish.NONE),
                name="interest_everything_is_only_forgotten",
            ),
        ]
        indexes = [models.Index(fields=["changed_at"], name="interest_by_change")]

    def __str__(self) -> str:
        return f"{self.viewer} {self.about} {self.subject} {self.wish}"
