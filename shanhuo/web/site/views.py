"""The public face: home, about, rules, one's own hub, and the switches in the footer."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import check_for_language
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.people import api_tokens
from shanhuo.people.services.accounts import WrongGuardianCode
from shanhuo.regions import queries as regions
from shanhuo.web import shell
from shanhuo.web.desks import desks_of
from shanhuo.web.forms import form_page
from shanhuo.web.onair import begun, strip
from shanhuo.web.placing import banner_on
from shanhuo.web.refusals import is_htmx
from shanhuo.web.site import counties as explorer
from shanhuo.web.site import front
from shanhuo.web.site.forms import YouthForm


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "support": banner_on(request),
        "live": strip(request),
        "posts": front.fresh_posts(),
        "goods": front.goods_of_the_season(clock.today()),
        "counties": front.counties_with_goods(),
    }
    return render(request, "web/site/home.html", context)


@require_safe
def counties(request: HttpRequest) -> HttpResponse:
    """The county explorer: search, a map, every province, and the counties of one of them."""
    text = request.GET.get("q", "").strip()[:40]
    provinces = explorer.provinces()
    chosen = next((p for p in provinces if p.adcode == request.GET.get("province")), None)
    lines = explorer.counties_of(chosen.adcode) if chosen else []
    drawing = explorer.province_map(chosen, lines) if chosen else explorer.nation_map(provinces)
    context = {
        "text": text,
        "found": explorer.found(text) if text else [],
        "provinces": provinces,
        "chosen": chosen,
        "counties": lines,
        # Drawn by us from numbers and names that the drawing escapes.
        "map": mark_safe(drawing),  # noqa: S308
        "approval_number": regions.map_approval_number(),
    }
    if is_htmx(request):
        return render(request, "web/site/_counties_found.html", context)
    return render(request, "web/site/counties.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "web/site/about.html")


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    return render(request, "web/site/rules.html", {"supported_most": settings.SUPPORTED_MOST})


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own hub; for a visitor, the way to sign in."""
    context = {"desks": desks_of(request.user), "begun": begun(request)}
    return render(request, "web/site/me.html", context)


@require_POST
def mode(request: HttpRequest) -> HttpResponse:
    """Care mode on or off, then back to the page the reader was on."""
    response = _back(request)
    shell.set_care(response, on=request.POST.get("care") == "1")
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie; addresses stay the same in every language."""
    response = _back(request)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=365 * 86_400,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def youth(request: HttpRequest) -> HttpResponse:
    """Youth mode: on with a guardian's code, off only with the same one."""
    form = YouthForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "web/site/youth.html", form)
    response = redirect("site:youth")
    code = form.cleaned_data["code"]
    if not request.shell.youth:  # type: ignore[attr-defined]
        shell.turn_youth_on(request, response, code=code, now=clock.now())
        return response
    try:
        shell.turn_youth_off(request, response, code=code, now=clock.now())
    except WrongGuardianCode as refusal:
        form.add_error("code", str(refusal))
        return render(request, "web/site/youth.html", {"form": form}, status=422)
    return response


@sensitive_variables("made")
def token(request: HttpRequest) -> HttpResponse:
    """A token for one's own programs, shown once."""
    made = ""
    if request.method == "POST":
        made = api_tokens.issue(user=request.user, now=clock.now())  # type: ignore[arg-type]  # the door let in
    return render(request, "web/site/token.html", {"token": made, "days": api_tokens.LASTS.days})


def _back(request: HttpRequest) -> HttpResponse:
    """To the page named by `next`, if it is one of ours."""
    target = request.POST.get("next", "/")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if ours else "/")
