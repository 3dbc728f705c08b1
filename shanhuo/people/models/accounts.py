import hmac
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac

from shanhuo.kernel import encryption
from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField, new_public_id


class UserManager(BaseUserManager["User"]):
    """Makes users; the services in `people.services` are how the platform does it."""

    def create_superuser(self, public_id: str, password: str) -> "User":
        user = self.model(public_id=public_id, is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. The phone number is encrypted; its keyed hash finds the row.

    People sign in by a code and have no password; only technicians of the back office do.
    """

    public_id = PublicIdField()
    display_name = models.CharField(max_length=50, blank=True)
    phone = EncryptedTextField(blank=True, default="")
    phone_digest = models.CharField(max_length=32, unique=True, null=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the back office.")
    joined_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True, help_text="When the person deleted the account.")
    session_epoch = models.PositiveIntegerField(
        default=0, help_text="Part of every session: one more ends them all."
    )
    viewer_secret = models.CharField(
        max_length=16,
        blank=True,
        default=new_public_id,
        help_text="What the feed knows the account by; erased with it, and the way back is gone.",
    )
    youth_pin = models.CharField(
        max_length=128,
        blank=True,
        default="",
        help_text="Guardian's code, hashed; set: youth mode.",
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "public_id"

    def __str__(self) -> str:
        return self.display_name or self.public_id

    def get_session_auth_hash(self) -> str:
        return self._epoch_hash(None)

    def get_session_auth_fallback_hash(self):  # type: ignore[no-untyped-def]
        return (self._epoch_hash(key) for key in settings.SECRET_KEY_FALLBACKS)

    def _epoch_hash(self, secret: str | bytes | None) -> str:
        text = f"{self.password}:{self.session_epoch}"
        return salted_hmac("people.session", text, secret=secret, algorithm="sha256").hexdigest()


class SignInCode(models.Model):
    """A code on its way to a telephone: one use, few guesses, one browser.

    `reference` is kept in the session of the browser that asked; nobody else can try the code.
    The code is kept as a keyed hash, the number only until the code is used or swept away.
    """

    reference = PublicIdField()
    phone = EncryptedTextField()
    code_digest = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    guesses_left = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField(null=True)

    def matches(self, guess: str) -> bool:
        return hmac.compare_digest(self.code_digest, self.digest_of(self.reference, guess))

    @staticmethod
    def digest_of(reference: str, code: str) -> str:
        return encryption.keyed_hash("people.sign_in_code", f"{reference}:{code}")
