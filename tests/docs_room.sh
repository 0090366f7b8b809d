#!/bin/sh
# Makes the room in which the commands of README and docs are run: docs_room.sh ENSIGN FIXTURES ROOM
# The files have the names that the docs give them. ROOM/bin/ensign is the command, as of the day for which the fixtures
# are made, but where the stand-in of ROOM/rehearsal is concerned, which lives now. ROOM/pid is the process id of the
# stand-in, ROOM/url its address, ROOM/eori its trader.
set -eu
ensign=$1 fixtures=$2 room=$3
at=2026-10-01T12:00:00Z eori=FR73282932000074
mkdir -p "$room/bin" "$room/files"
cd "$room/files"
pki=$fixtures/pki
cp "$pki/trader.pem" "$pki/trader.key" "$pki/root.pem" "$pki/issuing.crl" "$pki/customs-root.pem" "$pki/sti.key" "$pki/sti.pem" .
cp "$pki/qualified.pem" seal.pem
cp "$pki/tls-client.pem" .
cp "$pki/trader.key" seal.key
cp -r "$fixtures/lists" mirror
mkdir certificates inbox
cp "$pki/qualified.pem" "$pki/other-company.pem" "$pki/expired.pem" certificates
cp "$fixtures/f26.mime" "$fixtures/revoked.mime" "$fixtures/body-unsigned.mime" inbox
cp "$fixtures/error.xml" answer.xml
cat >serve.yaml <<END
profile: rehearsal
listen: [{address: "127.0.0.1:0", tls: true}]
tls: {certificate: rehearsal/pki/tls-server.pem, key: rehearsal/pki/tls-server.key, clients: rehearsal/pki/tls-root.pem}
seal: {certificate: rehearsal/pki/sti.pem, key: rehearsal/pki/sti.key, domain: sti.example}
trust: [rehearsal/pki/root.pem]
store: {path: served.db}
END
printf '%%PDF-1.4\n' >photo-1.pdf
"$ensign" trust update --lotl mirror/lotl.xml --mirror mirror --anchors mirror/anchors.pem --cache lists --offline --at $at >/dev/null 2>&1 || true
"$ensign" ens new IE3F26 --from $eori -o ens.xml --at $at
"$ensign" ens new IE3N99 -o ie3n99.xml --at $at
sed 's#<postCode>[^<]*</postCode>##' ens.xml >faulty.xml
"$ensign" seal ens.xml --key trader.key --cert trader.pem --from $eori --action IE3F26 --at $at -o message.mime >/dev/null
sed 's#<eb:Action>IE3F26<#<eb:Action>IE3F24<#' message.mime >altered.mime
"$ensign" verify -q message.mime --trust root.pem --at $at --receipt receipt.xml --receipt-key sti.key --receipt-cert sti.pem >/dev/null
"$ensign" party add $eori --name "Transports Demo SAS" --cert trader.pem --unchecked --registry registry.db --at $at >/dev/null 2>&1
"$ensign" pdf issue --eori $eori --at $at -o original.pdf
"$ensign" pdf sign original.pdf --key seal.key --cert seal.pem --at $at -o signed.pdf 2>/dev/null
"$ensign" store migrate --store sti.db >/dev/null
rehearse() { ENSIGN_PASS=R4-invented-only ENSIGN_REGISTRY=rehearsed.db "$ensign" "$@" 2>/dev/null; }
id_in() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -1; }
person() { rehearse account create "$1" --email "$1@transports.invalid" --surname Demo --first-name Ann --accept-terms --language en >/dev/null; }
link_of() { rehearse account mail "$(rehearse account mail --json | grep "\"$1\"" | id_in)" | sed -n 's/.*confirm \(CL-[0-9a-f]*\).*/\1/p'; }
register() { # FILE KEY CERT: the registration of a certificate, as far as it goes at that time
    rehearse register new transports1 --eori $eori --name Seal --description "Seals messages" --holder "Transports Demo SAS" --at $at --json | id_in >"$1"
    rehearse register pdf "$(cat "$1")" -o to-sign.pdf --at $at >/dev/null
    "$ensign" pdf sign to-sign.pdf --key "$2" --cert "$3" --at $at -o "$1.pdf" 2>/dev/null
    rehearse register upload "$(cat "$1")" "$1.pdf" --trust root.pem --at $at >/dev/null
    rehearse register next "$(cat "$1")" --at $at >/dev/null
}
person transports1
person transports2
rehearse account confirm "$(link_of transports1)" >/dev/null
link_of transports2 >link
rehearse account company transports1 --siret 73282932000074 --company "Transports Demo SAS" >/dev/null
rehearse account company transports1 --confirm >/dev/null
ask() { rehearse rights ask transports1 --eori "$1" --date 2027-01-04 --json | id_in >"$2"; }
ask $eori granted
rehearse rights grant "$(cat granted)" >/dev/null
ask DE1234567 request
ask DE7654321 request-2
register active trader.key trader.pem
register active-2 seal.key seal.pem
rehearse register new transports1 --eori $eori --name Next --description "Not signed yet" --holder Demo --json | id_in >registration
rehearse register post --provider $eori --client $eori --title Referral --mrn 26FRSIM12345678AT0 --reference RFI-1 --deadline 9d --json | id_in >task
"$ensign" serve --demo rehearsal >rehearsal.ready 2>rehearsal.said &
stand_in=$!
waited=0
while [ ! -s rehearsal.ready ] && [ $waited -lt 1200 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
sed 's/.*"as4":"\([^"]*\)".*/\1/' rehearsal.ready >"$room/url"
sed 's/.*"eori":"\([^"]*\)".*/\1/' rehearsal.ready >"$room/eori"
own=rehearsal/pki
"$ensign" ens new IE3F26 --from "$(cat "$room/eori")" --lrn MY-FILING -o filing.xml
"$ensign" send "$(cat "$room/url")" filing.xml --from "$(cat "$room/eori")" --action IE3F26 --key $own/trader.key --cert $own/trader.pem --trust $own/customs-root.pem --tls-cert $own/tls-client.pem --tls-key $own/tls-client.key --tls-root $own/tls-root.pem >/dev/null
cat >"$room/bin/ensign" <<END
#!/bin/sh
case "\$*" in
"serve --demo rehearsal") cat rehearsal.ready rehearsal.said; exit ;;
*" --at "* | *rehearsal/* | *https://*) exec '$ensign' "\$@" ;;
"cert check "* | "cert show "* | "party "[ac]* | "trust update "* | "trust show "* | "trust find "* | "seal "* | "verify "* | "doctor "* | "anonymise "* | "receipt check "* | "pdf sign "* | "pdf check "* | "ens new "* | "ens check "* | "eori check "*) exec '$ensign' "\$@" --at $at ;;
worker*) exec '$ensign' "\$@" --at $at ;;
*) exec '$ensign' "\$@" ;;
esac
END
chmod +x "$room/bin/ensign"
ln -s "$(dirname "$ensign")/ensign-bench" "$room/bin/ensign-bench"
echo "$stand_in" >"$room/pid"
