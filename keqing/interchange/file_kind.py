"""What a file really is, by its first bytes: the name of a file proves nothing."""

from enum import StrEnum
from pathlib import Path


class UnreadableFile(Exception):
    """A file that cannot be read; the text is a sentence for the user."""


class Kind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    TEXT = "text"


SAVE_AS = "请用 Excel 或 WPS 打开它，另存为“Excel 工作簿 (.xlsx)”后再上传。"

TOO_MUCH_MEMORY = (
    "读取这个文件需要的内存太多，已停止。请在 Excel 中删除数据区以外的空行、空列和图片，"
    "只保留需要导入的工作表，另存为 .xlsx 后再上传。"
)

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_FORMATS = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"{\\rtf", "文字文档"),
    (b"SQLite format", "数据库文件"),
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def recognise(path: Path, *, largest: int) -> Kind:
    """The kind of a file, or UnreadableFile when it is too large, empty or no spreadsheet."""
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile("文件是空的，请检查后重新上传。")
    if size > largest:
        raise UnreadableFile(
            f"文件有 {size / 1024 / 1024:.1f} MB，超过 {largest // 1024 // 1024} MB 的上限。请删除不需要的工作表和图片，或拆成几个文件后再上传。"
        )
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_ZIP):
        return Kind.XLSX
    if head.startswith(_OLE):
        return _ole_kind(path)
    _refuse_other_formats(head)
    return Kind.TEXT


def _ole_kind(path: Path) -> Kind:
    """The directory of an OLE file names its streams in UTF-16."""
    data = path.read_bytes()
    if _stream("EncryptedPackage") in data:
        raise UnreadableFile(
            "文件设有打开密码，系统无法读取。请在 Excel 中取消密码（文件 → 信息 → 保护工作簿），保存后再上传。"
        )
    if _stream("Workbook") in data or _stream("Book") in data:
        return Kind.XLS
    raise UnreadableFile(f"这个文件是 Office 文档，但不是 Excel 表格。{SAVE_AS}")


def _stream(name: str) -> bytes:
    return (name + "\0").encode("utf-16-le")


def _refuse_other_formats(head: bytes) -> None:
    for start, name in _OTHER_FORMATS:
        # Two letters are too few to judge by: a text may begin with BM or MZ.
        if head.startswith(start) and (len(start) > 2 or b"\0" in head[:64]):
            raise UnreadableFile(f"这个文件是{name}，不是表格。请上传 .xlsx、.xls 或 .csv 文件。")
    _refuse_markup(head)
    if b"\0" in head and not head.startswith(_UTF16) and not _looks_like_utf16(head):
        raise UnreadableFile("这个文件不是表格，或已损坏。请上传 .xlsx、.xls 或 .csv 文件。")


def _refuse_markup(head: bytes) -> None:
    """Many systems export a web page or XML under the name .xls; Excel opens it, quietly."""
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<style", b"<body", b"<div")):
        raise UnreadableFile(f"这个文件其实是网页 (HTML)，只是名字像表格。{SAVE_AS}")
    if start.startswith((b"<?xml", b"<!doctype", b"<workbook", b"<!entity")):
        raise UnreadableFile(f"这个文件其实是 XML，只是名字像表格。{SAVE_AS}")
    if start.startswith(b"mime-version:"):
        raise UnreadableFile(f"这个文件其实是单一文件网页 (MHT)，只是名字像表格。{SAVE_AS}")


def _looks_like_utf16(head: bytes) -> bool:
    """Half of the bytes of Latin text in UTF-16 are zero, all on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return max(even, odd) * 10 > len(head) and min(even, odd) == 0
