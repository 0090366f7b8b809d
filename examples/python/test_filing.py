"""A test of trader software against a stand-in, by its API: pytest examples/python/test_filing.py

It files an ENS, lets customs ask, answers, and waits until the analysis is complete. What stands here for "your
software" is the API's own: it makes the document, seals it, and the message is posted to the access point.

ENSIGN_API, ENSIGN_TOKEN, ENSIGN_AS4 (plain, on the loopback) and ENSIGN_EORI say where; the line that `ensign serve
--demo` prints, and the file `token` in its folder, have them.
"""
import json
import os
import re
import urllib.parse
import urllib.request
import uuid


class Ensign:
    """A space of the stand-in: what others do at the same time is not seen here."""

    def __init__(self, api, token, as4, eori):
        self.api, self.token, self.as4, self.eori = api, token, as4, eori
        self.ask("PUT", f"/spaces/{eori}")
        self.ask("POST", f"/spaces/{eori}/reset")

    def ask(self, method, path, body=None, kind=None, **query):
        query = "?" + urllib.parse.urlencode(query) if query else ""
        fields = {"Authorization": "Bearer " + self.token}
        if not path.startswith("/spaces/"):
            fields["Ensign-Space"] = self.eori
        if kind:
            fields["Content-Type"] = kind
        request = urllib.request.Request(self.api + path + query, body, fields, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read(), answer.headers

    def get(self, path, **query):
        return json.loads(self.ask("GET", path, **query)[0])

    def submit(self, action, **about):
        """Stands for the software under test."""
        document, _ = self.ask("GET", f"/documents/new/{action}", **{"from": self.eori, **about})
        message, fields = self.ask("POST", "/seal", document, "application/xml", action=action, **{"from": self.eori})
        request = urllib.request.Request(self.as4, message, {"Content-Type": fields["Content-Type"]}, method="POST")
        with urllib.request.urlopen(request, timeout=60) as receipt:
            assert receipt.status == 200

    def wait(self, **what):
        return self.get("/wait", timeout=30, pending="true", **what)

    def document(self, message):
        return self.ask("GET", "/mailbox/" + urllib.parse.quote(message["message_id"]) + "/document")[0].decode()

    def advance(self, by):
        self.ask("POST", "/clock/advance", json.dumps({"by": by}).encode(), "application/json")


def connect():
    return Ensign(*(os.environ[name] for name in ("ENSIGN_API", "ENSIGN_TOKEN", "ENSIGN_AS4", "ENSIGN_EORI")))


def test_customs_ask_and_are_answered():
    customs = connect()
    lrn = "PY" + uuid.uuid4().hex[:12].upper() + "-Q02"  # its end has customs ask for information
    customs.submit("IE3F26", lrn=lrn)
    mrn = customs.wait(action="IE3R01", lrn=lrn)["mrn"]
    question = customs.document(customs.wait(action="IE3Q02", lrn=lrn))
    reference = re.search("<referralRequestReference>(.*?)<", question).group(1)
    customs.submit("IE3R02", mrn=mrn, reference=reference)
    customs.advance("2h")
    customs.wait(action="IE3N03", mrn=mrn)
    filing = customs.get(f"/filings/{mrn}")
    assert [request["open"] for request in filing["requests"]] == [False]


def test_a_refusal():
    """What does the software do when its seal is refused? The first message of this space is, and no other."""
    customs = connect()
    customs.ask("PUT", "/faults/once", b'{"fault":"refuse","code":"EBMS:0101","times":1}', "application/json")
    customs.submit("IE3F26", lrn="PY" + uuid.uuid4().hex[:12].upper())  # refused, with an error signal
    refused = customs.get("/journal", code="EBMS:0101")["entries"]
    assert refused and refused[0]["verdict"] == "refused"
    customs.ask("DELETE", "/faults/once")


if __name__ == "__main__":
    test_customs_ask_and_are_answered()
    test_a_refusal()
    print("assessment complete")
