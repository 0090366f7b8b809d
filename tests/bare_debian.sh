#!/bin/sh
# Carries the Containerfile out in folders of a bare Debian, and runs the demo in the last as its user:
#   bare_debian.sh SUITE FIXTURES [FOLDER]
# FIXTURES is what make_fixtures wrote. It needs root, debootstrap and a mirror (ENSIGN_MIRROR); FOLDER is kept where it is
# given. No image is made, no port is opened to others, and what the kernel gives a container is not tried.
set -eu
suite=$1 fixtures=$(cd "$2" && pwd) folder=${3:-}
mirror=${ENSIGN_MIRROR:-http://deb.debian.org/debian}
cd "$(dirname "$0")/.."
say() { printf 'bare_debian: %s\n' "$*" >&2; }
[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { say "needs root and debootstrap"; exit 2; }

kept=$folder
[ -n "$folder" ] || folder=$(mktemp -d)
leave() {
    for root in "$folder"/*/; do umount "$root/proc" 2>/dev/null || true; done
    [ -n "$kept" ] || rm -rf "$folder"
}
trap leave EXIT

user=root
# inside FOLDER COMMAND: a line of the shell in there, with nothing of this environment.
inside() {
    chroot --userspec="$user" "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/tmp LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -ec "$2"
}

# from NAME: a bare Debian; the way to the mirror is that of this machine.
from() {
    root=$folder/$1
    [ -e "$root/bin/sh" ] || debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$folder/$1.log" 2>&1 || { tail -5 "$folder/$1.log" >&2; exit 1; }
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
    mount -t proc proc "$root/proc" 2>/dev/null || say "no /proc can be mounted: what asks it is not tried"
}

copy() {
    case $1 in
    --from=*) mkdir -p "$root/$(dirname "$3")" && cp -r "$folder/${1#--from=}/$2" "$root/$3" ;;
    .) mkdir -p "$root/$2" && git ls-files -z | tar -c --null -T - | tar -x -C "$root/$2" ;;
    *) mkdir -p "$root/$(dirname "$2")" && cp -r "$1" "$root/$2" ;;
    esac
}

# The lines of the Containerfile, one after the other, are read from a descriptor that nothing inside reads.
while read -r word rest <&3; do
    case $word in
    FROM) case $rest in *" AS "*) from "${rest##* AS }" ;; *) from image ;; esac ;;
    COPY)
        # shellcheck disable=SC2086
        copy $rest ;;
    RUN)
        say "$suite, $(basename "$root"): $rest"
        inside "$root" "$rest" >>"$root.log" 2>&1 || { tail -20 "$root.log" >&2; exit 1; } ;;
    USER) user=$rest ;;
    esac
done 3<Containerfile

say "$suite: the demo, as user $user"
mkdir -p "$root/try"
cp dev "$root/try/dev"
cp -r "$fixtures" "$root/try/fixtures"
chmod -R a+rX "$root/try"
inside "$root" 'cd /tmp && ENSIGN=ensign ENSIGN_FIXTURES=/try/fixtures sh /try/dev demo' </dev/null
