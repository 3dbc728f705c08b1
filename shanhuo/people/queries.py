"""What can be asked about people."""

from typing import Any, TypeAlias

from django.db.models import QuerySet

from shanhuo.people import phones, rules
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


def merchants_of(user: Any) -> QuerySet[Organisation]:
    """The verified cooperatives and merchants the user sells for, with their counties, by name."""
    rows = Organisation.objects.filter(pk__in=rules.merchant_ids(user))
    return rows.select_related("county").order_by("name")


def offices_of(user: Any) -> QuerySet[Organisation]:
    """The county offices the user works for, with their counties, by name."""
    rows = Organisation.objects.filter(
        kind=Organisation.Kind.COUNTY_OFFICE, county__in=rules.officer_county_ids(user)
    )
    return rows.select_related("county").order_by("name")
