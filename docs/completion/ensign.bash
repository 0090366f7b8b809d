# bash completion for ensign: sub-commands, and the options that their --help lists.
_ensign() {
    local word=${COMP_WORDS[COMP_CWORD]} first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} sub
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "cert ens eori party trust seal send ping verify receipt explain serve journal store worker help --version --help" -- "$word"))
        return
    fi
    case $first in
    cert) sub="show check" ;;
    ens) sub="check show new" ;;
    eori) sub="check" ;;
    receipt) sub="check" ;;
    journal) sub="list show export" ;;
    store) sub="migrate check" ;;
    party) sub="add list show certify suspend resume revoke" ;;
    trust) sub="update show find" ;;
    help) sub="cert ens eori party trust seal send ping verify receipt explain serve journal store worker" ;;
    *) sub= ;;
    esac
    if [ -n "$sub" ] && [ "$COMP_CWORD" = 2 ]; then
        COMPREPLY=($(compgen -W "$sub" -- "$word"))
    elif [ "${word#-}" != "$word" ]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "$first" ${sub:+"$second"} --help 2>/dev/null | grep -oE -- '--[a-z0-9-]+')" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}
complete -o filenames -F _ensign ensign
