"""How much data there is. No Django here: the runner reads this before settings may be loaded."""

VERSION = 3
PASSWORD = "bench-keqing-2026"  # noqa: S105 a company of numbers
SIZES = {  # customers; people are twice, contact records ten times as many
    "tiny": 2_000,
    "small": 100_000,
    "medium": 300_000,
    "large": 1_000_000,
}
# 31 KB with two people and ten contact records, a write-ahead log of 2 GB and the sorting of one index beside it
BYTES_A_CUSTOMER = 38_000
