from typing import ClassVar

from django.conf import settings
from django.db import models

from shanhuo.kernel.ids import PublicIdField


class Passkey(models.Model):
    """A key that a person's telephone or computer holds (通行密钥), another way in beside the code.

    What we keep opens nothing: the public half, by which a signature of the other half is known.
    """

    public_id = PublicIdField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=50, help_text="What the person calls the device.")
    credential_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the credential id, by which it is found."
    )
    credential = models.BinaryField(help_text="Attested credential data: id and public key.")
    signature_count = models.PositiveBigIntegerField(
        help_text="As the device counts; always 0 where a key lives on several devices."
    )
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at", "pk"]
