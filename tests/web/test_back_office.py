"""Technicians may look everything up, except people."""

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist

from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.people.models import User

OURS = [model for model in admin.site._registry if model.__module__.startswith("shanhuo.")]
PERSONAL = {"display_name", "phone", "phone_digest", "recipient", "street", "contact", "head_name"}


@pytest.fixture
def technician(db):
    return User.objects.create(display_name="技术员", is_staff=True, is_superuser=True)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_attack_37_no_field_about_a_person_is_shown(model, rf, technician):
    request = rf.get("/")
    request.user = technician
    shown = admin.site._registry[model].get_fields(request)
    assert PERSONAL.isdisjoint(shown)
    for name in shown:
        try:
            assert not isinstance(model._meta.get_field(name), EncryptedTextField)
        except FieldDoesNotExist:
            continue


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_technician_opens_every_list_and_nobody_else_does(model, client, technician, op):
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    client.force_login(technician)
    assert client.get(address).status_code == 200
    client.force_login(op)
    assert client.get(address).status_code == 403
