"""A headless Chromium that tests drive, by the DevTools protocol over two pipes.

It has real clicks, screenshots, times of paints.

Over pipes it takes no package beyond Debian's `chromium`, on no interpreter.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The path of a Chromium, or None."""
    named = os.environ.get("BOWLINE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page in a browser of its own. Use it as a context."""

    def __init__(self, program, width=1000, height=700, timeout=90):
        self.folder = tempfile.mkdtemp(prefix="bowline-browser-")
        self.deadline = time.monotonic() + timeout
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]
        options += [f"--user-data-dir={self.folder}", f"--window-size={width},{height}", "--no-first-run", "about:blank"]
        # The protocol's pipes are 3 and 4, whatever numbers they have here.
        line = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen(
            ["bash", "-c", line, "bash", program, *options],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.pipes = ours_in, ours_out
        self.buffer, self.number, self.session = b"", 0, None
        self.errors = []

    def __enter__(self):
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.call("Page.enable")
            self.call("Runtime.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in self.pipes:
            os.close(pipe)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self):
        while b"\0" not in self.buffer:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.pipes[0]], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            read = os.read(self.pipes[0], 1 << 16)
            if not read:
                self.log.seek(0)
                raise ConnectionError(f"the browser ended: {self.log.read()[-2000:].decode(errors='replace')}")
            self.buffer += read
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        """Call a method of the protocol and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.pipes[1], text) :]
        while True:
            said = self._message()
            if said.get("method") == "Runtime.exceptionThrown":
                self.errors.append(said["params"]["exceptionDetails"])
            if said.get("id") == self.number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return said["result"]

    def open(self, path):
        """Go to a file and wait until it has been painted."""
        self.call("Page.navigate", url=pathlib.Path(path).as_uri())
        while not self.run("document.readyState === 'complete' && performance.getEntriesByType('paint').length > 0"):
            time.sleep(0.02)

    def run(self, script):
        """Evaluate JavaScript and return its value."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    def click(self, selector):
        """Click with the mouse on the middle of what a selector finds."""
        place = f"""(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2]; }})()"""
        x, y = self.run(place)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        # A frame later what the click did is drawn.
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def screenshot(self, path):
        """Write what the page looks like as PNG."""
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
