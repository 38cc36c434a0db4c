# SPDX-License-Identifier: GPL-2.0-or-later
"""How a demo tells what happens: numbered steps, tables, expectations."""
import time

START = time.monotonic()


def say(text=""):
    print(text, flush=True)


class Story:
    """Numbered steps, tables, and what did not come out as expected."""

    def __init__(self, pause):
        self.number, self.wrong, self.pause = 0, [], pause

    def step(self, title):
        if self.number and self.pause:
            input("-- Enter --")
        self.number += 1
        say(f"\n[{time.monotonic() - START:6.1f} s] {self.number}. {title}")

    def expect(self, what, value, wanted):
        ok = value == wanted
        if not ok:
            self.wrong.append(f"{what}: {value}, expected {wanted}")
        say(f"    {what}: {value}" + ("" if ok else f"   <-- expected {wanted}"))

    def table(self, head, rows):
        rows = [tuple(map(str, row)) for row in rows]
        widths = [max(map(len, column)) for column in zip(head, *rows)]
        for row in (head, tuple("-" * w for w in widths), *rows):
            say("    " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())
