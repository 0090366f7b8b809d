# bash completion for ensign: commands, options and their values, all from what the program says of itself.

# _ensign_values METAVAR: what an option takes, by the word that --help has for it.
_ensign_values() {
    case $1 in
    *[A-Z][A-Z][A-Z]*) ;;
    *'|'*) printf '%s\n' "$1" | tr '|' ' ' && return ;;
    esac
    case $1 in
    CODE) "$program" explain 2>/dev/null | cut -d' ' -f1 | sort -u ;;
    N | MS | SEQ | TIME | ID | TEXT | EORI | PARTYID | VERSION | CC | NAME | TYPE | ACTION) ;;
    *) return 1 ;;
    esac
}

_ensign() {
    local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} names first=${COMP_WORDS[1]} command option metavar values
    COMPREPLY=()
    names=$("$program" help --names 2>/dev/null)
    if [ "$COMP_CWORD" = 1 ] || { [ "$first" = help ] && [ "$COMP_CWORD" = 2 ]; }; then
        COMPREPLY=($(compgen -W "$(printf '%s\n' "$names" | cut -d' ' -f1 | sort -u) $([ "$COMP_CWORD" = 2 ] || echo help --version --help)" -- "$word"))
        return
    fi
    [ "$first" = help ] && first=${COMP_WORDS[2]}
    command=$first
    if printf '%s\n' "$names" | grep -q "^$first "; then
        if [ "$COMP_CWORD" = 2 ] || [ "${COMP_WORDS[1]}" = help ]; then
            COMPREPLY=($(compgen -W "$(printf '%s\n' "$names" | sed -n "s/^$first //p")" -- "$word"))
            return
        fi
        command="$first ${COMP_WORDS[2]}"
    fi
    # --option value, and --option=value, which bash takes for three words.
    option=${COMP_WORDS[COMP_CWORD - 1]}
    if [ "$word" = = ]; then
        word=
    elif [ "$option" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [ "${word#-}" != "$word" ]; then
        COMPREPLY=($(compgen -W "$("$program" $command --help 2>/dev/null | grep -oE '^  (-[a-z], )?--[a-z0-9-]+' | grep -oE -- '--.*')" -- "$word"))
        return
    fi
    if [ "${option#-}" != "$option" ]; then
        metavar=$("$program" $command --help 2>/dev/null | sed -nE "s/^  ($option, --[a-z0-9-]+|(-[a-z], )?$option) ([^ ]+).*/\3/p")
        if [ -n "$metavar" ] && values=$(_ensign_values "$metavar"); then
            COMPREPLY=($(compgen -W "$values" -- "$word"))
            return
        fi
    fi
    COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _ensign ensign
