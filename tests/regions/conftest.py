"""The bundled data pack, loaded once for the module that asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from shanhuo.regions import loading


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[loading.TableReport]]:
    """Reports of loading the bundled pack; the rows go away with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield loading.load_regions()
        transaction.set_rollback(True)
