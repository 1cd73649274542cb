"""Is this zip an honest workbook? Asked before any spreadsheet library opens it.

Runs in the reading child. Counting directory entries in the raw bytes comes
first, because even listing a hostile directory costs memory; sizes the
directory states come next; then every part is unpacked once, as a stream, to
see that the stated sizes are true and that no XML part declares entities.
"""

import zipfile
import zlib
from pathlib import Path

from .file_kind import SAVE_AS, UnreadableFile

_ENTRY = b"PK\x01\x02"
_PACKED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".docx", ".pptx", ".rar", ".7z", ".gz", ".tar", ".bz2", ".xz", ".jar")
_XML = (".xml", ".rels", ".vml")
_FORBIDDEN = tuple(
    word.encode(coding) for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("ascii", "utf-16-le", "utf-16-be")
)
_LONGEST_FORBIDDEN = max(map(len, _FORBIDDEN))
_CHUNK = 256 * 1024

DAMAGED = f"文件已损坏，打不开。{SAVE_AS}"
SWOLLEN = "文件解压后大得不正常，为安全起见没有打开。如果它是真实的表格，请删除数据区以外的空行和格式，另存后再上传。"


def check_package(path: Path, *, parts: int, unpacked_bytes: int, ratio: int, ratio_matters_from: int) -> None:
    """Raise UnreadableFile unless the zip is a workbook of a sane size."""
    size = path.stat().st_size
    if path.read_bytes().count(_ENTRY) > parts:
        raise UnreadableFile(f"文件内部的部件超过 {parts:,} 个，不像正常的表格，没有打开。{SAVE_AS}")
    try:
        with zipfile.ZipFile(path) as package:
            _check_directory(package, size, unpacked_bytes, ratio, ratio_matters_from)
            _check_is_workbook(package)
            _check_parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as damage:
        raise UnreadableFile(DAMAGED) from damage


def _check_directory(
    package: zipfile.ZipFile, size: int, unpacked_bytes: int, ratio: int, ratio_matters_from: int
) -> None:
    infos = package.infolist()
    if any(info.flag_bits & 0x1 for info in infos):
        raise UnreadableFile("压缩包设有密码，系统无法读取。请取消密码后再上传。")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > unpacked_bytes or (unpacked > ratio_matters_from and unpacked > ratio * size):
        raise UnreadableFile(SWOLLEN)
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise UnreadableFile(DAMAGED)


def _check_is_workbook(package: zipfile.ZipFile) -> None:
    names = set(package.namelist())
    if "xl/workbook.bin" in names:
        raise UnreadableFile(f"这是二进制工作簿 (.xlsb)，暂不能读取。{SAVE_AS}")
    if "content.xml" in names:
        raise UnreadableFile(f"这是 OpenDocument 表格 (.ods)，暂不能读取。{SAVE_AS}")
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise UnreadableFile("这是 Word 或 PowerPoint 文档，不是 Excel 表格。请上传 .xlsx、.xls 或 .csv 文件。")
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise UnreadableFile("这是一个压缩包，不是 Excel 表格。请先解压，再上传里面的 .xlsx、.xls 或 .csv 文件。")
    # Objects embedded in a sheet are packages too; they are never opened.
    if any(name.lower().endswith(_PACKED) and not name.startswith("xl/embeddings/") for name in names):
        raise UnreadableFile(f"文件里还套着压缩包，不像正常的表格，没有打开。{SAVE_AS}")


def _check_parts(package: zipfile.ZipFile) -> None:
    """`zipfile` stops at the stated size and compares the checksum, so a lie about it is an error."""
    for info in package.infolist():
        if info.filename.lower().endswith(_XML):
            _check_xml(package, info)


def _check_xml(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    with package.open(info) as part:
        tail = b""
        while chunk := part.read(_CHUNK):
            window = tail + chunk
            if any(word in window for word in _FORBIDDEN):
                raise UnreadableFile(f"文件里含有不安全的 XML 声明，没有打开。{SAVE_AS}")
            tail = window[-_LONGEST_FORBIDDEN:]
