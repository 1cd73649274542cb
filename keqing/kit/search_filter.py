"""The bridge from a search plan to the database, for models with the four search columns."""

from django.db.models import Q

from .search import Alternative, SearchQuery


def search_q(*, query: SearchQuery, prefix: str = "") -> Q:
    """The condition for `.filter()`; `prefix` is a relation such as `person__`.

    Expects `search_terms` (array of text, GIN), `search_text`, `search_pinyin`
    and `search_initials`. An empty query matches nothing: a search for signs
    only must not list every customer.
    """
    if query.is_empty:
        return Q(pk__in=[])
    condition = Q()
    for word in query.words:
        condition &= _any_of(word, prefix)
    return condition


def _any_of(word: tuple[Alternative, ...], prefix: str) -> Q:
    condition = Q()
    for way in word:
        one = Q(**{f"{prefix}search_terms__contains": list(way.terms)})
        if way.column:
            one &= Q(**{f"{prefix}{way.column}__contains": way.contains})
        for column, contains in way.more:
            one &= Q(**{f"{prefix}{column}__contains": contains})
        condition |= one
    return condition
