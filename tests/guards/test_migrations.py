import re

import pytest
from django.core.management import call_command

from tests import template

IMPORT = re.compile(r"^\s*(?:from|import) (keqing[\w.]*)(?: import ([\w, ]+))?$", re.MULTILINE)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_the_template_is_made_anew_when_anything_a_migration_imports_changes():
    """Else a run would go on with what the code of yesterday delivered (``tests.template``)."""
    known = {str(path.relative_to(template.ROOT)) for path in template.files()}
    imported = set()
    for path in template.ROOT.glob("keqing/*/migrations/*.py"):
        for start, names in IMPORT.findall(path.read_text(encoding="utf-8")):
            base = start.replace(".", "/")
            imported |= {f"{base}/{name}.py" if (template.ROOT / f"{base}/{name}.py").exists() else f"{base}.py" for name in names.split(", ")}
    assert imported and imported - known == set()
