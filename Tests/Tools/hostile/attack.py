#!/usr/bin/env python3
"""Attacks on a running cluster, for the suite Hostile of EndToEndTests.

    Tests/Tools/hostile/attack.py 'MODULE.FUNCTION NAME=VALUE...'... --public PORT --cluster PORT --admin PORT ...

Runs functions of the modules in this folder, all at once, for --seconds or until SIGTERM. Prints one JSON object: the number of times that each
function acted (`acts`), forbidden gains (`gains`), and other observations (`notes`).
Without --certs it attacks a cluster of the plain build.
"""
import argparse
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback

from target import Target, become


def value(text):
    return int(text) if text.lstrip("-").isdigit() else text


def prepare(words):
    """The function that an argument names, with its settings."""
    name, *settings = words.split(" ")
    module, _, function = name.partition(".")
    values = dict(setting.split("=", 1) for setting in settings)
    return getattr(importlib.import_module(module), function), {name: value(text) for name, text in values.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attacks", nargs="+")
    for name in ("public", "cluster", "admin"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--workers", default="", help="ports, with commas between")
    parser.add_argument("--certs", default="")
    parser.add_argument("--state", default="", help="the state directory")
    parser.add_argument("--source", default="", help="the attacker's address")
    parser.add_argument("--user", type=int, default=0, help="attack as this user")
    parser.add_argument("--epoch", type=int, default=1, help="the epoch that reigns")
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    # This happens before the attacker drops the right to read these files.
    bodies = [prepare(words) for words in options.attacks]
    become(options.user)
    end = time.monotonic() + options.seconds
    targets = [Target(options, end) for _ in bodies]
    failures = []

    def stop(*_):
        for target in targets:
            target.end = time.monotonic()

    def run(target, body, settings):
        try:
            body(target, **settings)
        except Exception:
            failures.append(traceback.format_exc())

    signal.signal(signal.SIGTERM, stop)
    threads = [
        threading.Thread(target=run, args=(target, body, settings), daemon=True)
        for target, (body, settings) in zip(targets, bodies)
    ]
    for thread in threads:
        thread.start()
    for target, thread in zip(targets, threads):
        while thread.is_alive() and time.monotonic() < target.end + 10:
            thread.join(0.1)
    for failure in failures:
        sys.stderr.write(failure)
    report = {
        "acts": {words: target.acts for words, target in zip(options.attacks, targets)},
        "gains": sorted(set().union(*(target.gains for target in targets))),
        "notes": {},
    }
    for target in targets:
        for note, count in target.notes.items():
            report["notes"][note] = report["notes"].get(note, 0) + count
    print(json.dumps(report), flush=True)
    # Threads that still wait for an answer have nothing to report.
    os._exit(1 if failures else 0)


if __name__ == "__main__":
    main()
