#!/bin/sh
# Makes the PDF tools of strangers in a folder outside of the tree: make.sh FOLDER. What a machine can't get is left out, and
# tests/interop/test_pdf_peers.c skips it. Then: ENSIGN_PDF_PEERS=FOLDER build/tests/ensign_tests interop/pdf
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && cd "$1"
if command -v mvn >/dev/null 2>&1 && command -v javac >/dev/null 2>&1; then
    cp "$here/pom.xml" .
    mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib && javac -d classes -cp 'lib/*' "$here/Peers.java" || rm -rf classes
fi
python3 -m venv venv && venv/bin/pip -q install pyHanko==0.38.0 pyhanko-cli==0.6.0 || rm -rf venv
