"""What can be asked about people."""

from typing import TypeAlias

from shanhuo.people import phones
from shanhuo.people.models import Organisation, User, Verification

# For faces, which may name the type but not the table.
AnyUser: TypeAlias = User


def user_by_phone(phone: str) -> User | None:
    """The account of a normalised number."""
    return User.objects.filter(phone_digest=phones.digest(phone)).first()


def open_verification_of(organisation: Organisation) -> Verification:
    """The papers that wait for a decision. Raises Verification.DoesNotExist."""
    return Verification.objects.select_related("organisation").get(
        organisation=organisation, status=Verification.Status.OPEN
    )
