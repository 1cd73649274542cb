"""A list with a key is one that saved views, exports and bulk changes can open again by it."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from keqing.kit import list_registry
from keqing.kit.lists import ListSpec

ROOT = Path(__file__).resolve().parents[2]


def _lists(of: type[ListSpec] = ListSpec) -> Iterator[type[ListSpec]]:
    for one in of.__subclasses__():
        yield one
        yield from _lists(one)


def test_every_list_with_a_key_is_registered_under_it():
    for path in sorted(ROOT.glob("keqing/**/tables.py")):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    keyed = {one.__qualname__: one.key for one in _lists() if one.key and ".tests." not in one.__module__}
    assert keyed
    unknown = {name: key for name, key in keyed.items() if key.partition(":")[0] not in list_registry.names()}
    assert not unknown
