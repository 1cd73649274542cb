"""The gallery shows every component there is, so that a new one is looked at in every width and theme."""

import re

from tests.guards.house import ROOT

COTTON = ROOT / "keqing" / "kit" / "templates" / "cotton"
GALLERY = ROOT / "keqing" / "desk" / "templates" / "desk" / "gallery.html"


def test_the_gallery_shows_every_component():
    shown = set(re.findall(r"<c-([a-z-]+)", GALLERY.read_text(encoding="utf-8"))) - {"slot", "vars"}
    assert shown == {path.stem.replace("_", "-") for path in COTTON.glob("*.html")}


def test_the_gallery_shows_every_tone_and_state():
    page = GALLERY.read_text(encoding="utf-8")
    for component, attribute in (("button", "tone"), ("status", "state"), ("grade", "value")):
        source = (COTTON / f"{component}.html").read_text(encoding="utf-8")
        known = set(re.findall(rf'{attribute} == [\'"](\w+)[\'"]', source))
        drawn = set(re.findall(rf'<c-{component}[^>]*\b{attribute}="(\w+)"', page))
        assert known <= drawn, (component, known - drawn)
