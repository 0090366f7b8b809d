#!/bin/sh
# Makes the man pages of what --help says: man.sh ENSIGN FOLDER
set -eu
ensign=$1 folder=$2
mkdir -p "$folder"
version=$("$ensign" --version | cut -d' ' -f2)

escape() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./'; }

# page NAME WORDS...: one page of the command with these words.
page() {
    name=$1
    shift
    {
        printf '.TH %s 1 "" "ensign %s" "Ensign"\n' "$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')" "$version"
        "$ensign" "$@" --help | escape | awk -v name="$name" '
            NR == 1 { sub(/^usage: /, ""); usage = $0; next }
            NR == 3 { printf ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.nf\n%s\n.fi\n.SH DESCRIPTION\n", name, $0, usage }
            /^  (\\-[a-z], )?\\-\\-/ { if (!options++) print ".SH OPTIONS"; line = $0; sub(/^  /, "", line); at = match(line, /   +/)
                printf ".TP\n%s\n", at ? substr(line, 1, at - 1) : line; if (at) print substr(line, at + RLENGTH); next }
            NR > 2 { sub(/^ +/, ""); if (length) print; else print ".PP" }'
        printf '.SH EXIT STATUS\n0: accepted, valid or done; 1: judged and refused; 2: could not judge.\n.SH SEE ALSO\n.BR ensign (1)\n'
    } >"$folder/$name.1"
}

page ensign-cert-show cert show
page ensign-cert-check cert check
page ensign-eori-check eori check
page ensign-explain explain
page ensign-trust-update trust update
page ensign-trust-show trust show
page ensign-trust-find trust find
page ensign-party party
page ensign-seal seal
page ensign-send send
page ensign-ping ping
page ensign-verify verify
page ensign-receipt-check receipt check
page ensign-worker worker
page ensign-serve serve
{
    printf '.SH CONFIGURATION\n.nf\n'
    escape <"$(dirname "$0")/serve.yaml"
    printf '.fi\n'
} >>"$folder/ensign-serve.1"
page ensign-journal-list journal list
page ensign-journal-show journal show
page ensign-journal-export journal export
page ensign-store-migrate store migrate
page ensign-store-check store check
{
    printf '.TH ENSIGN 1 "" "ensign %s" "Ensign"\n.SH NAME\nensign \\- prove that ICS2 will accept a seal and every message sealed with it\n' "$version"
    printf '.SH SYNOPSIS\n.nf\nensign COMMAND ...\nensign help COMMAND\nensign \\-\\-version\n.fi\n.SH DESCRIPTION\n.nf\n'
    "$ensign" help | sed 1,2d | escape
    printf '.fi\n.SH ENVIRONMENT\n.TP\nENSIGN_PASS\npass phrase of a key or PKCS#12 file\n.TP\nENSIGN_STORE\nthe store that the journal is read from\n.TP\nNO_COLOR\nno colour, even on a terminal\n'
    printf '.SH SEE ALSO\n.BR ensign-cert-show (1),\n.BR ensign-cert-check (1),\n.BR ensign-eori-check (1),\n.BR ensign-trust-update (1),\n.BR ensign-trust-show (1),\n.BR ensign-trust-find (1),\n.BR ensign-party (1),\n'
    printf '.BR ensign-seal (1),\n.BR ensign-send (1),\n.BR ensign-ping (1),\n.BR ensign-verify (1),\n.BR ensign-receipt-check (1),\n.BR ensign-worker (1),\n'
    printf '.BR ensign-seal (1),\n.BR ensign-verify (1),\n.BR ensign-receipt-check (1),\n.BR ensign-explain (1),\n'
    printf '.BR ensign-seal (1),\n.BR ensign-verify (1),\n.BR ensign-receipt-check (1),\n.BR ensign-worker (1),\n.BR ensign-serve (1),\n'
    printf '.BR ensign-journal-list (1),\n.BR ensign-journal-show (1),\n.BR ensign-journal-export (1),\n.BR ensign-store-migrate (1),\n.BR ensign-store-check (1)\n'
} >"$folder/ensign.1"
