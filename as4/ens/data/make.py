#!/usr/bin/env python3
"""Makes messages.tsv and codelists.tsv of this folder from the facts of the public technical package.

    make.py FACTS        FACTS holds messages.tsv and codelists.tsv as a conversion of the published tables gives them

Taken over are facts alone: names of elements and their order, occurrence, formats, names of code lists, codes, citations
of rules. Words are the project's own: labels of codes stand in labels.tsv, the sentence of a rule in rules.tsv.
"""
import csv
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = {
    "messages.tsv": ("# The messages of ICS2 traders, interface version 2: one row an element, in the order of the XML.",
                     "# version 2.02", "# date 2022-05",
                     "# source ICS2 HTI Information Exchange Specifications 2.02 (DG TAXUD, 2022-05-04)"),
    "codelists.tsv": ("# Codes of the lists that the package prints; labels are ours.",
                      "# version 2.01", "# date 2022-05", "# source ICS2 HTI Code lists 2.01 (DG TAXUD, 2022-05-23)"),
}


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        lines = [line for line in f if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(name, header, rows):
    with open(os.path.join(HERE, name), "w", encoding="ascii", newline="\n") as f:
        for line in (*HEAD[name], "\t".join(header)):
            print(line, file=f)
        for row in rows:
            print("\t".join(row).rstrip("\t"), file=f)


def outline(path):
    """A dot for each element above, and the name: depth first, the elements above stand in the rows above."""
    return "." * path.count("/") + path.rsplit("/", 1)[-1]


def alias_of(row):
    found = re.search(r"alias:(\w+)", row.get("note") or "")
    return found.group(1) if found else ""


def main(facts):
    messages = [(r["message"], outline(r["path"]), r["min"], r["max"], r["format"].replace("an20-datetime", "datetime"),
                 r["codelist"], r["rules"], alias_of(r)) for r in read(facts, "messages.tsv")]
    write("messages.tsv", ("message", "path", "min", "max", "format", "codelist", "rules", "alias"), messages)
    labels = {(r["list"], r["code"]): r["label"] for r in read(HERE, "labels.tsv")}
    codes = [(r["list"], r["code"], r["meaning"] if r["list"] == "CL733" else labels.get((r["list"], r["code"]), ""))
             for r in read(facts, "codelists.tsv")]
    write("codelists.tsv", ("list", "code", "label"), codes)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
