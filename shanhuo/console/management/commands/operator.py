"""`shanhuo operator 13800138000`: the first person of a new platform."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people import services


class Command(BaseCommand):
    help = "Make the owner of a telephone number an operator; afterwards operators invite others."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="the number this person signs in with")
        parser.add_argument("--name", default="", help="name of the platform, if it is new")

    def handle(self, *_args: Any, phone: str, name: str, **_options: Any) -> None:
        try:
            platform = services.appoint_operator(phone=phone, name=name, now=clock.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Operator of “{platform.name}”. Sign in at /account/sign-in.")
