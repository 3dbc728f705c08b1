"""Support projects of the county, opened by its office."""

from typing import Any

from django.contrib import messages
from django.forms import CharField, ChoiceField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shanhuo.goods import queries as goods
from shanhuo.impact import queries as impact
from shanhuo.impact import services
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.web.county.office import county_of
from shanhuo.web.fields import DayField
from shanhuo.web.forms import form_page


class ProjectForm(Form):
    """`products` are those of the county that are on sale."""

    name = CharField(label=gettext_lazy("Name of the project"), max_length=80)
    product = ChoiceField(label=gettext_lazy("Product"))
    starts_on = DayField(label=gettext_lazy("First day"))
    ends_on = DayField(label=gettext_lazy("Last day"))

    def __init__(self, data: Any, *, products: list[Any]) -> None:
        super().__init__(data)
        choices = [(product.public_id, product.title) for product in products]
        self.fields["product"] = ChoiceField(label=gettext_lazy("Product"), choices=choices)
        self.order_fields(["name", "product", "starts_on", "ends_on"])


@require_http_methods(["GET", "HEAD", "POST"])
def projects(request: HttpRequest) -> HttpResponse:
    """The county's projects; a POST opens one."""
    county = county_of(request)
    products = list(goods.products_on_sale().filter(county=county).order_by("title"))
    form = ProjectForm(request.POST or None, products=products)
    if request.method == "POST" and form.is_valid():
        by_id = {product.public_id: product for product in products}
        chosen = by_id[form.cleaned_data["product"]]
        if _opened(request, county, chosen, form):
            return redirect("county:projects")
    return form_page(
        request,
        "web/county/projects.html",
        form,
        county=county,
        has_products=bool(products),
        projects=impact.projects(county.pk),
    )


def _opened(request: HttpRequest, county: Any, product: Any, form: ProjectForm) -> bool:
    try:
        services.open_project(
            county_id=county.pk,
            product_id=product.pk,
            product_county_id=product.county_id,
            name=form.cleaned_data["name"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=form.cleaned_data["ends_on"],
            actor=actor_of(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("The project is open; everybody can see it."))
    return True
