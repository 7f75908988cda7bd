"""A report in a browser: pictures at two widths and in both themes, and what axe-core finds; not part of the tests.

    python tests/report/browser.py REPORT.html FOLDER

Takes Debian's chromium and chromium-driver, and axe-core of npm; it says what it did not do where one is missing.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WIDTHS = (400, 1400)
THEMES = ("light", "dark")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-quic", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
PATIENCE = 500
"""Seconds."""

AXE = "node_modules/axe-core/axe.min.js"
FOUND = """
const done = arguments[arguments.length - 1];
axe.run().then(r => done({
  passes: r.passes.length,
  violations: r.violations.map(v => `${v.id} (${v.impact}): ${v.help}; ${v.nodes.slice(0, 3).map(n => n.target)}`),
}));
"""


class Browser:
    """A session of WebDriver."""

    def __init__(self, address: str, profile: str):
        self.address = address
        options = {"args": [*OPTIONS, f"--user-data-dir={profile}"], "binary": shutil.which("chromium")}
        patience = dict.fromkeys(("script", "pageLoad"), PATIENCE * 1000)
        capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "timeouts": patience}}
        self.session = self.post("session", {"capabilities": capabilities})["sessionId"]

    def post(self, path: str, content: dict[str, Any]) -> Any:
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/{path}", json.dumps(content).encode(), head)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]

    def command(self, name: str, **parameters: Any) -> Any:
        """Use the protocol of Chromium's own tools."""
        return self.post(f"session/{self.session}/goog/cdp/execute", {"cmd": name, "params": parameters})

    def run(self, script: str, kind: str = "sync") -> Any:
        return self.post(f"session/{self.session}/execute/{kind}", {"script": script, "args": []})

    def look(self, page: Path, width: int, theme: str) -> bytes:
        """Open a page, and take a picture of all of it."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.post(f"session/{self.session}/url", {"url": page.resolve().as_uri()})
        picture = self.command("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        return base64.b64decode(picture["data"])


@contextmanager
def browser() -> Iterator[Browser]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        with tempfile.TemporaryDirectory() as profile:
            for _ in range(100):
                try:
                    opened = Browser(f"http://127.0.0.1:{port}", profile)
                    break
                except urllib.error.URLError:
                    time.sleep(0.1)
            yield opened
            urllib.request.urlopen(
                urllib.request.Request(f"{opened.address}/session/{opened.session}", method="DELETE"), timeout=60
            ).close()
    finally:
        driver.terminate()
        driver.wait()


def axe(folder: Path) -> str | None:
    """The text of axe-core, which npm brings; None where there is no npm."""
    if not (folder / AXE).exists() and shutil.which("npm"):
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core"]
        subprocess.run(command, check=False)
    return (folder / AXE).read_text(encoding="utf-8") if (folder / AXE).exists() else None


def main(page: Path, folder: Path) -> int:
    """How many things are wrong."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        print(f"not looked at: {' and '.join(missing)} missing; apt-get install chromium chromium-driver")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    checker, wrong = axe(folder), 0
    if checker is None:
        print("axe-core was not run: there is no npm, or it could not bring it")
    with browser() as opened:
        for width in WIDTHS:
            for theme in THEMES:
                picture = folder / f"{page.stem}-{width}-{theme}.png"
                picture.write_bytes(opened.look(page, width, theme))
                print(f"{picture}: {picture.stat().st_size // 1000} kB")
                wide = opened.run("return document.documentElement.scrollWidth")
                if wide > width:
                    print(f"  wider than the page: {wide} pixels of {width}")
                    wrong += 1
                if checker is not None:
                    opened.run(f"{checker}; return 0")
                    found = opened.run(FOUND, "async")
                    print(f"  axe-core: {found['passes']} rules pass, {len(found['violations'])} are broken")
                    for violation in found["violations"]:
                        print(f"    {violation}")
                    wrong += len(found["violations"])
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1]), Path(sys.argv[2])), 1))
