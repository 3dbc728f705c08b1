"""What must be true before the platform opens to the public."""

from collections.abc import Iterator

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, OperationalError, ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor

from shanhuo.config import INSECURE_KEY, Config
from shanhuo.console.demo import setting
from shanhuo.kernel import audit

SHORTEST_KEY = 50
_SAID_BEFORE = {"security.W009", "security.W012", "security.W016"}
MAKE_A_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'


def problems(config: Config) -> Iterator[str]:
    """One sentence for each reason not to serve, with its fix. Nothing yielded: open the doors."""
    yield from unsafe_settings(config)
    yield from demo_data(config)
    yield from missing_migrations()
    yield from failed_checks()


def unsafe_settings(config: Config) -> Iterator[str]:
    """Keys, switches and addresses that are right for a demo only."""
    yield from _unsafe_keys(config)
    if config.debug:
        yield "SHANHUO_DEBUG is on and would show our inside to visitors; unset it."
    if config.demo:
        yield "SHANHUO_DEMO is on and would let anybody sign in; unset it."
    if not config.public_origin.startswith("https://"):
        yield "SHANHUO_PUBLIC_ORIGIN is not an https address; set the address people will open."


def _unsafe_keys(config: Config) -> Iterator[str]:
    keys = {
        "SHANHUO_SECRET_KEY": config.secret_key.get_secret_value(),
        "SHANHUO_FIELD_KEY": min(config.field_keys, key=len),
    }
    if hash_key := config.hash_key.get_secret_value():
        keys["SHANHUO_HASH_KEY"] = hash_key
    for name, key in keys.items():
        if key == INSECURE_KEY:
            yield f"{name} is not set; make a key with: {MAKE_A_KEY}"
        elif len(key) < SHORTEST_KEY:
            yield f"{name} is shorter than {SHORTEST_KEY} characters; make one with: {MAKE_A_KEY}"
    if keys["SHANHUO_SECRET_KEY"] in config.field_keys:
        yield "SHANHUO_SECRET_KEY and SHANHUO_FIELD_KEY are the same; make a second key."


def demo_data(config: Config) -> Iterator[str]:
    """Invented people and orders never stand beside real ones (attack 40)."""
    if (config.data_dir / setting.MARK).exists():
        yield (
            f"{config.data_dir} is the folder of a demo; point SHANHUO_DATA_DIR at another folder."
        )
    try:
        if audit.was_recorded(setting.BUILT_VERB):
            yield (
                "The database holds a demo season; start production on an empty database "
                "(SHANHUO_DATABASE_URL, or SHANHUO_DATA_DIR for SQLite)."
            )
    except (OperationalError, ProgrammingError):
        return  # no tables yet: `missing_migrations` has the sentence for that


def missing_migrations() -> Iterator[str]:
    """Tables that this version expects and the database lacks."""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        yield f"The database does not answer ({error}); check SHANHUO_DATABASE_URL and the server."
        return
    if plan:
        yield f"{len(plan)} migrations are not applied; run: shanhuo migrate"


def failed_checks() -> Iterator[str]:
    """Django's own deployment checks, warnings included, but for what `unsafe_settings` said."""
    for message in checks.run_checks(include_deployment_checks=True):
        silent = message.is_silenced() or message.id in _SAID_BEFORE
        if message.level >= checks.WARNING and not silent:
            yield f"{message.id}: {message.msg} {message.hint or ''}".rstrip()
