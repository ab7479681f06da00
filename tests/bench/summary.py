"""Prints the table of src/docs/performance.md from what run.py wrote.

summary.py FILE...     one for each interpreter

In parentheses: the same in a process that has started a thread.
"""

from __future__ import annotations

import json
import pathlib
import sys


def main() -> None:
    runs = [json.loads(pathlib.Path(file).read_text()) for file in sys.argv[1:]]
    versions = "; ".join(run["version"].split(" (")[0] for run in runs)
    print(f"{runs[0]['machine']}; {versions}; {runs[0]['runs']}.\n")
    print("| ours / rival | " + " | ".join(run["tag"] for run in runs) + " |\n|---|" + "---|" * len(runs))
    found = [{label: rest for label, *rest in run["verdicts"]} for run in runs]
    for label in dict.fromkeys(label for run in found for label in run):
        cells = []
        for run in found:
            if label not in run:
                cells.append("–")
                continue
            limit, value, reached, *threads = run[label]
            shown = f"{value:.0f}" if label.startswith("bytes") else f"{value:.2f}"
            shown = [shown if reached else f"**{shown}**"]
            shown += [f"({other:.2f})" if other <= limit else f"(**{other:.2f}**)" for other in threads]
            cells.append(f"{' '.join(shown)} of {limit}")
        print(f"| {label} | " + " | ".join(cells) + " |")


main()
