"""A row of the audit log is sealed once; nothing else about it changes, and it never goes.

The chain would show a change afterwards; this refuses it. TRUNCATE stays possible on PostgreSQL:
it empties the whole table, which nobody overlooks.
"""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER kernel_auditentry_keeps_words BEFORE UPDATE ON kernel_auditentry
    WHEN OLD.sequence IS NOT NULL
      OR (NEW.at, NEW.verb, NEW.actor, NEW.subject, NEW.detail)
         IS NOT (OLD.at, OLD.verb, OLD.actor, OLD.subject, OLD.detail)
    BEGIN SELECT RAISE(ABORT, 'kernel_auditentry is only ever added to'); END
    """,
    """
    CREATE TRIGGER kernel_auditentry_keeps_rows BEFORE DELETE ON kernel_auditentry
    BEGIN SELECT RAISE(ABORT, 'kernel_auditentry is only ever added to'); END
    """,
]
POSTGRESQL = [
    """
    CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER kernel_auditentry_keeps_words BEFORE UPDATE ON kernel_auditentry FOR EACH ROW
    WHEN (OLD.sequence IS NOT NULL
          OR (NEW.at, NEW.verb, NEW.actor, NEW.subject, NEW.detail)
             IS DISTINCT FROM (OLD.at, OLD.verb, OLD.actor, OLD.subject, OLD.detail))
    EXECUTE FUNCTION only_added_to()
    """,
    """
    CREATE TRIGGER kernel_auditentry_keeps_rows BEFORE DELETE ON kernel_auditentry FOR EACH ROW
    EXECUTE FUNCTION only_added_to()
    """,
]


def guard(apps, editor):
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement, params=None)


def unguard(apps, editor):
    on_table = "" if editor.connection.vendor == "sqlite" else " ON kernel_auditentry"
    for what in ("words", "rows"):
        editor.execute(f"DROP TRIGGER kernel_auditentry_keeps_{what}{on_table}")
    if not editor.connection.vendor == "sqlite":
        editor.execute("DROP FUNCTION only_added_to()")


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
