#!/bin/sh
# sizes.sh LIBRARY: the SONAME and the size of every public record, as tests/sizes.txt keeps them (docs/api.md, "How
# structs may grow"). A record that has changed within a release breaks whoever was compiled before: raise the SOVERSION
# (the version's MINOR before 1.0), then write the file anew: tests/sizes.sh build/libensign.so > tests/sizes.txt
set -eu
include=$(dirname "$0")/../include
program=$(mktemp)
trap 'rm -f "$program"' EXIT
objdump -p "$1" | awk '$1 == "SONAME" { print $2 }'
{
    (cd "$include" && ls ensign/*.h) | sed 's/.*/#include <&>/'
    echo '#include <stdio.h>'
    echo 'int main(void) {'
    grep -ohE '^\} ens_[a-z0-9_]+;' "$include"/ensign/*.h | tr -d '} ;' | sort |
        sed 's/.*/printf("& %zu\\n", sizeof(&));/'
    echo 'return 0; }'
} | cc -x c -std=c11 -I"$include" -o "$program" -
"$program"
