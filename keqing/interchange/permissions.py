"""Words of this department."""

from enum import StrEnum

from keqing.access.permissions import Can as AccessCan


class Can(StrEnum):
    IMPORT = "import.run"


# whoever may import anything at all: staff come as a file too
WORDS = (Can.IMPORT, AccessCan.MANAGE_STAFF)
