"""How allauth sees our accounts: by telephone, without e-mail, passwords or its own pages."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from shanhuo.people import queries
from shanhuo.people.queries import AnyUser
from shanhuo.web.account.addresses import own_path


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts begin with a confirmed telephone (`people.services.confirm_code`)."""
        return False

    def is_safe_url(self, url: str) -> bool:
        return own_path(url) is not None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("site:me")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_client_ip(self, request: HttpRequest) -> str:
        # The door has already decided whom to believe (SHANHUO_PROXY_COUNT).
        return str(request.META.get("REMOTE_ADDR", ""))

    def get_login_stages(self) -> list[str]:
        """None: the code was the check. A passkey is another way in, not a second lock."""
        return []

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages speak for themselves."""

    def get_phone(self, user: AnyUser) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def get_user_by_phone(self, phone: str) -> AnyUser | None:
        return queries.user_by_phone(phone)
