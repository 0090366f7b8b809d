#!/usr/bin/env python3
"""Asks `ensign worker` from Python: one process, any number of requests.

    ensign_worker.py ENSIGN ROOT.pem MESSAGE...

prints the verdict on each message, and exits with 1 where one is refused. Standard library only.
"""
import json
import subprocess
import sys


class Worker:
    """A running worker. Requests go out one by one, each with the answer that has its id."""

    def __init__(self, command, *options):
        self.process = subprocess.Popen([command, "worker", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next_id = 0

    def ask(self, op, octets=None, **options):
        """The answer as a dictionary; what it delivers in octets (a sealed message) is its member "octets"."""
        self.next_id += 1
        request = {"id": self.next_id, "op": op, **{name.replace("_", "-"): value for name, value in options.items()}}
        if octets is not None:
            request["bytes"] = len(octets)
        self.process.stdin.write(json.dumps(request).encode() + b"\n" + (octets or b""))
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["id"] == self.next_id
        if "bytes" in answer:
            answer["octets"] = self.process.stdout.read(answer["bytes"])
        return answer

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def main(command, root, *messages):
    worker, refused = Worker(command, "--trust", root), False
    for path in messages:
        with open(path, "rb") as file:
            answer = worker.ask("verify", file.read())
        print(path, answer["verdict"], answer.get("ebms") or answer.get("error") or "")
        for check in answer.get("checks", []):
            if check["outcome"] == "fail":
                print("  %s: %s\n  -> %s" % (check["id"], check["detail"], check["hint"]))
        refused |= answer["verdict"] != "accepted"
    worker.close()
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
