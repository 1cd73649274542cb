"""Finds a Chromium for the browser tests, and installs one when asked: ``python -m tests.chromium``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> Path | None:
    """The browser to use: the one named, one on the PATH, or Playwright's own."""
    if named := os.environ.get("KEQING_CHROMIUM"):
        return Path(named)
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def install() -> bool:
    """Debian's packages where root and apt are there, else Playwright's download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        installed = subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], **quiet)
        return installed.returncode == 0
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"]).returncode == 0


def main() -> int:
    if find() is None:
        sys.stderr.write("正在安装浏览器测试用的 Chromium……\n")
        if not install() or find() is None:
            sys.stderr.write("Chromium 安装失败：请自行安装，并用 KEQING_CHROMIUM 指定它的路径。\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
