"""The columns of a searchable table, for models to inherit; `search_q` asks them."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from keqing.kit.search import search_columns


class Searchable(models.Model):
    """Four derived columns; ``index_names`` sets them, whatever writes the row saves them."""

    SEARCH_FIELDS = ("search_terms", "search_text", "search_pinyin", "search_initials")

    search_terms = ArrayField(models.TextField(), default=list, editable=False)
    search_text = models.TextField(default="", editable=False)
    search_pinyin = models.TextField(default="", editable=False)
    search_initials = models.TextField(default="", editable=False)

    class Meta:
        abstract = True
        # terms wait in a short list and go into the index together: a tenth of the work; short, because every search reads it
        indexes = [
            GinIndex(fields=["search_terms"], name="%(class)s_search", fastupdate=True, gin_pending_list_limit=128)
        ]

    def index_names(
        self, *, names: Iterable[str], codes: Iterable[str] = (), phones: Iterable[str] = (), person: bool = False
    ) -> None:
        columns = search_columns(
            names=[n for n in names if n], codes=[c for c in codes if c], phones=[p for p in phones if p], person=person
        )
        self.search_terms, self.search_text = columns.terms, columns.text
        self.search_pinyin, self.search_initials = columns.pinyin, columns.initials
