#!/bin/sh
# Makes the man pages: man.sh ENSIGN ENSIGN-BENCH FOLDER
# Section 1 is made of what --help says, and of docs/man/COMMAND.md: summary, examples, files, and what else a command has to
# tell. Section 3 is made of the public headers. A new command needs its own docs/man/COMMAND.md, and no line here.
set -eu
ensign=$1 bench=$2 folder=$3
here=$(dirname "$0")
version=$("$ensign" --version | cut -d' ' -f2)
mkdir -p "$folder/man1" "$folder/man3"

escape() { sed 's/…/.../g; s/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./; s/^'"'"'/\\\&&/'; }

# help_of turns what --help says into SYNOPSIS, DESCRIPTION and OPTIONS.
help_of() {
    "$@" --help | escape | awk '
        NR == 1 { sub(/^usage: /, ""); printf ".SH SYNOPSIS\n.nf\n%s\n.fi\n.SH DESCRIPTION\n", $0; next }
        /^  (\\-[a-z], )?\\-\\-/ { if (!options++) print ".SH OPTIONS"; line = $0; sub(/^  /, "", line); at = match(line, /   +/)
            printf ".TP\n%s\n", at ? substr(line, 1, at - 1) : line; if (at) print substr(line, at + RLENGTH); next }
        NR > 2 { sub(/^ +/, ""); if (length) print; else print ".PP" }'
}

# sections_of prints a section of a Markdown file (by its heading, in lower case) as roff; without one, all but those that the
# third argument lists between bars.
sections_of() {
    escape <"$1" | awk -v wanted="$2" -v unwanted="$3" '
        function words(line) {
            while (match(line, /`[^`]*`/))
                line = substr(line, 1, RSTART - 1) "\\fB" substr(line, RSTART + 1, RLENGTH - 2) "\\fR" substr(line, RSTART + RLENGTH)
            return line
        }
        /^## / { name = substr($0, 4); on = wanted == "" ? index(unwanted, "|" tolower(name) "|") == 0 : tolower(name) == wanted
            if (on && wanted == "") printf ".SH %s\n", toupper(name); next }
        !on { next }
        /^```/ { blank = 0; printf (code = !code) ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n"; next }
        code { print; next }
        /^\\- `/ { at = index($0, "`:"); printf ".TP\n%s\n%s\n", words(substr($0, 4, at - 3)), words(substr($0, at + 3)); next }
        /^$/ { if (!blank++) print ".PP"; next }
        { blank = 0; sub(/^ +/, ""); print words($0) }'
}

summary_of() { sed -n 3p "$1" | escape; }

environment_of() {
    sections_of "$1" environment ''
    case $2 in *ENSIGN_PASS*) printf '.TP\n\\fBENSIGN_PASS\\fR\nthe pass phrase of a key or PKCS#12 file, or the PIN of a device, where no file of it is given\n' ;; esac
    case $2 in *ENSIGN_REGISTRY*) printf '.TP\n\\fBENSIGN_REGISTRY\\fR\nthe registry, where none is given\n' ;; esac
    case $2 in *ENSIGN_STORE*) printf '.TP\n\\fBENSIGN_STORE\\fR\nthe store, where none is given\n' ;; esac
    printf '.TP\n\\fBNO_COLOR\\fR\nwhen set: no colour, even on a terminal\n'
}

exit_status_of() {
    sections_of "$1" 'exit status' ''
    grep -q '^## Exit status' "$1" || printf '.TP\n0\naccepted, valid or done\n.TP\n1\njudged and refused; of several, at least one\n.TP\n2\ncould not judge: usage, unreadable input, or something needed for the verdict is missing\n'
}

# page NAME PROGRAM WORDS...: the page of one command; its own text stands in docs/man/NAME.md, without the program in front.
page() {
    name=$1 text=$here/man/${1#ensign-}.md
    shift
    [ -f "$text" ] || { echo "man.sh: $text is missing: the summary, examples and files of that command" >&2; exit 1; }
    {
        printf '.TH %s 1 "" "ensign %s" "Ensign"\n.SH NAME\n%s \\- %s\n' "$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')" "$version" "$name" "$(summary_of "$text")"
        help_of "$@"
        sections_of "$text" '' '|environment|exit status|see also|'
        printf '.SH ENVIRONMENT\n'
        environment_of "$text" "$("$@" --help)"
        printf '.SH EXIT STATUS\n'
        exit_status_of "$text"
        printf '.SH SEE ALSO\n.BR ensign (1)'
        group=${2:-}
        [ $# -lt 3 ] || for other in $names_with_dashes; do
            case $other in "$group"-*) [ "ensign-$other" = "$name" ] || printf ',\n.BR ensign\\-%s (1)' "$(printf '%s' "$other" | escape)" ;; esac
        done
        printf '\n'
        sections_of "$text" 'see also' ''
    } >"$folder/man1/$name.1"
}

# overview is the page of the program itself.
overview() {
    printf '.TH ENSIGN 1 "" "ensign %s" "Ensign"\n.SH NAME\nensign \\- %s\n' "$version" "$(summary_of "$here/man/ensign.md")"
    printf '.SH SYNOPSIS\n.nf\nensign COMMAND ...\nensign help COMMAND\nensign \\-\\-version\n.fi\n.SH DESCRIPTION\n.nf\n'
    "$ensign" help | sed 1,2d | escape
    printf '.fi\n'
    sections_of "$here/man/ensign.md" '' '|environment|exit status|see also|'
    printf '.SH ENVIRONMENT\n'
    environment_of "$here/man/ensign.md" 'ENSIGN_PASS ENSIGN_REGISTRY ENSIGN_STORE'
    printf '.SH EXIT STATUS\n'
    exit_status_of "$here/man/ensign.md"
    printf '.SH SEE ALSO\n'
    for name in $names_with_dashes; do printf '.BR ensign\\-%s (1),\n' "$(printf '%s' "$name" | escape)"; done
    printf '.BR ensign\\-bench (1)\n'
}

# functions_of makes the page of a header, and one for each function of it that refers there.
functions_of() {
    header=$1 name=ensign_$(basename "$1" .h)
    {
        printf '.TH %s 3 "" "ensign %s" "Ensign"\n.SH NAME\n' "$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')" "$version"
        printf '%s \\- %s\n' "$name" "$(sed -n '1{s/^[^:]*: //;s/\.* *\**\/*$//;p}' "$header" | escape)"
        printf '.SH SYNOPSIS\n.nf\n#include <ensign/%s>\n.PP\ncc ... $(pkg\\-config \\-\\-cflags \\-\\-libs ensign)\n.fi\n.SH DESCRIPTION\n.nf\n' "$(basename "$header")"
        sed '1,2d; /^#ifdef __cplusplus/,/^#endif/d; /^#ifndef ENSIGN_/d; /^#define ENSIGN_/d; /^#include/d; /^#endif/d' "$header" | cat -s | escape
        printf '.fi\n.SH SEE ALSO\n.BR ensign (1)\n'
    } >"$folder/man3/$name.3"
    for function in $(grep -oE '\bens_[a-z0-9_]+\(' "$header" | tr -d '(' | sort -u); do
        grep -q "^ *$function;" "$here/../ensign.map" && printf '.so man3/%s.3\n' "$name" >"$folder/man3/$function.3"
    done
    return 0
}

names=$("$ensign" help --names)
names_with_dashes=$(printf '%s\n' "$names" | tr ' ' '-')
printf '%s\n' "$names" | while read -r words; do
    # shellcheck disable=SC2086
    page "ensign-$(printf '%s' "$words" | tr ' ' '-')" "$ensign" $words
done
page ensign-bench "$bench"
{
    printf '.SH CONFIGURATION\n.nf\n'
    escape <"$here/serve.yaml"
    printf '.fi\n'
} >>"$folder/man1/ensign-serve.1"
overview >"$folder/man1/ensign.1"
for header in "$here"/../include/ensign/*.h; do functions_of "$header"; done
