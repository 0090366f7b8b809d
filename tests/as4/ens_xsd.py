#!/usr/bin/env python3
"""Writes an XML Schema for each message of the tables, by code of its own: a second opinion on documents.

    ens_xsd.py messages.tsv FOLDER        FOLDER/IE3F26.xsd ... are written
"""
import csv
import os
import re
import sys

NS = "urn:wco:datamodel:eu:ics2:2"
HEAD = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="%s" xmlns="%s" '
        'elementFormDefault="qualified">\n')


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        tree, trees = [], {}
        for row in rows:
            name = row["path"].lstrip(".")
            depth = len(row["path"]) - len(name)
            node = {"name": name, "alias": row["alias"] or name, "min": int(row["min"]), "max": int(row["max"]),
                    "format": row["format"], "children": []}
            if row["message"] not in trees:
                trees[row["message"]] = []
                tree = []
            del tree[depth:]
            (tree[-1]["children"] if tree else trees[row["message"]]).append(node)
            tree.append(node)
        return trees


def pattern(text):
    """The values of a format as a regular expression of XML Schema."""
    decimal = re.fullmatch(r"n\.\.(\d+),(\d+)", text)
    if decimal:
        digits, after = map(int, decimal.groups())
        return "|".join("[0-9]{1,%d}%s" % (digits - k, r"\.[0-9]{%d}" % k if k else "") for k in range(after + 1))
    kind, up_to, length = re.fullmatch(r"(an|a|n)(\.\.)?(\d+)", text).groups()
    chars = {"a": "[a-zA-Z]", "n": "[0-9]", "an": r"[\s\S]"}[kind]
    return "%s{%s%s}" % (chars, "1," if up_to else "", length)


def element(node, indent):
    out = '%s<xs:element name="%s" minOccurs="%d" maxOccurs="%d"' % (indent, node["alias"], node["min"], node["max"])
    if node["format"] == "datetime":
        return (out + "><xs:complexType><xs:sequence><xs:element name=\"DateTime\" type=\"xs:dateTime\"/>"
                "</xs:sequence></xs:complexType></xs:element>\n")
    if node["children"]:
        inner = "".join(element(child, indent + " ") for child in node["children"])
        return "%s><xs:complexType><xs:sequence>\n%s%s</xs:sequence></xs:complexType></xs:element>\n" % (out, inner, indent)
    return ('%s><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="%s"/></xs:restriction></xs:simpleType>'
            "</xs:element>\n" % (out, pattern(node["format"])))


def main(tables, folder):
    for message, children in read(tables).items():
        with open(os.path.join(folder, message + ".xsd"), "w", encoding="utf-8") as f:
            f.write(HEAD % (NS, NS))
            f.write(element({"name": message, "alias": message, "min": 1, "max": 1, "format": "-",
                             "children": children}, "").replace(' minOccurs="1" maxOccurs="1"', "", 1))
            f.write("</xs:schema>\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
