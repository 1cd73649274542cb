"""The columns of a searchable table, for models to inherit; `search_q` asks them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models

from keqing.kit.search import search_columns

# longer lists save nothing more
LIST_FOR_MANY = "4MB"
# an index that belongs to another role stays as it is: whoever writes next empties the list
_EMPTY = "select gin_clean_pending_list(oid) from pg_class where relname = %s and relkind = 'i' and pg_has_role(relowner, 'usage')"


@contextmanager
def many_at_once(model: type["Searchable"]) -> Iterator[None]:
    """Inside a transaction: thousands of rows of one model go into the search index in half the time.

    Their terms wait in a longer list; at the end none waits.
    """
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('gin_pending_list_limit'), set_config('gin_pending_list_limit', %s, true)", [LIST_FOR_MANY])
        usual = cursor.fetchone()[0]
        yield
        cursor.execute(_EMPTY, [f"{model._meta.model_name}_search"])
        cursor.execute("select set_config('gin_pending_list_limit', %s, true)", [usual])


class Searchable(models.Model):
    """Four derived columns; ``index_names`` sets them, whatever writes the row saves them."""

    SEARCH_FIELDS = ("search_terms", "search_text", "search_pinyin", "search_initials")

    search_terms = ArrayField(models.TextField(), default=list, editable=False)
    search_text = models.TextField(default="", editable=False)
    search_pinyin = models.TextField(default="", editable=False)
    search_initials = models.TextField(default="", editable=False)

    class Meta:
        abstract = True
        # terms wait in a list and go into the index together: a tenth of the work. How long the list may be is said
        # by the connection (config.environment): short, because every search reads it
        indexes = [GinIndex(fields=["search_terms"], name="%(class)s_search", fastupdate=True)]

    def index_names(
        self, *, names: Iterable[str], codes: Iterable[str] = (), phones: Iterable[str] = (), person: bool = False
    ) -> None:
        columns = search_columns(
            names=[n for n in names if n], codes=[c for c in codes if c], phones=[p for p in phones if p], person=person
        )
        self.search_terms, self.search_text = columns.terms, columns.text
        self.search_pinyin, self.search_initials = columns.pinyin, columns.initials
