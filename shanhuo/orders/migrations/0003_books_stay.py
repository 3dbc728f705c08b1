"""The books are only ever added to: the database refuses to change or delete an entry."""

from django.db import migrations

TABLES = ["orders_ledgeraccount", "orders_journalentry", "orders_posting"]


def guard(apps, editor):
    for table in TABLES:
        for deed, kept in (("UPDATE", "words"), ("DELETE", "rows")):
            trigger = f"CREATE TRIGGER {table}_keeps_{kept} BEFORE {deed} ON {table}"
            if editor.connection.vendor == "sqlite":
                refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
            else:
                refusal = "FOR EACH ROW EXECUTE FUNCTION only_added_to()"
            editor.execute(f"{trigger} {refusal}", params=None)


def unguard(apps, editor):
    for table in TABLES:
        on_table = "" if editor.connection.vendor == "sqlite" else f" ON {table}"
        for kept in ("words", "rows"):
            editor.execute(f"DROP TRIGGER {table}_keeps_{kept}{on_table}")


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_hot_sale_sold_out"), ("kernel", "0002_audit_rows_stay")]
    operations = [migrations.RunPython(guard, unguard)]
