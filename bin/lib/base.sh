# shellcheck shell=bash
# What every command of bin/ shares: where the project is, how to speak, how to take a lock.
# Sourced, never run. Works with the bash 3.2 of macOS.

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.data

# Authors read French, whoever tests reads English: MESSAGES=fr is set by bin/dev.
# tell ENGLISH FRENCH: prints the one that is asked for.
tell() {
    if [ "${MESSAGES:-en}" = fr ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

# fail ENGLISH [FRENCH]: says why on standard error, then stops.
fail() {
    tell "$1" "${2:-$1}" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

make_state_folder() {
    mkdir -p "$state" 2>/dev/null && [ -w "$state" ] || fail \
        "$state cannot be written by $(id -un); give it back to this account (chown) or delete it." \
        "$state n'est pas modifiable par $(id -un) ; rendez-le à ce compte (chown) ou supprimez-le."
}

# command_line PID: what that process runs, on one line.
command_line() {
    if [ -r "/proc/$1/cmdline" ]; then
        { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null
    elif have ps; then
        ps -ww -o args= -p "$1" 2>/dev/null
    fi
}

# lock FILE SECONDS: holds FILE until the script ends, on file descriptor 9; fails when someone
# else holds it for longer than SECONDS. flock frees itself when its holder is killed; where there
# is none (macOS) a symbolic link, made in one stroke, names the holder.
lock() {
    local file=$1 patience=$2 holder waited=0
    if have flock; then
        exec 9>>"$file"
        flock -w "$patience" 9
        return
    fi
    until ln -sn $$ "$file.held" 2>/dev/null; do
        holder=$(readlink "$file.held" || true)
        [ -n "$holder" ] || continue
        if is_dead_holder "$holder" && ln -sn $$ "$file.ending" 2>/dev/null; then
            # Looked at again, now that nobody else can end it: two who find the same dead holder
            # must not end each other's new lock.
            if [ "$(readlink "$file.held" || true)" = "$holder" ]; then rm -f "$file.held"; fi
            rm -f "$file.ending"
            continue
        fi
        [ "$waited" -lt "$patience" ] || return 1
        sleep 1
        waited=$((waited + 1))
    done
    held=$file.held
}

# The number of a holder that was killed may by now be another program's.
is_dead_holder() { [[ $(command_line "$1") != *"${0##*/}"* ]]; }

unlock() {
    exec 9>&-
    [ -z "${held:-}" ] || rm -f "$held"
    held=
}
