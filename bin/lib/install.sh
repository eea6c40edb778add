# shellcheck shell=bash
# Finds what the commands need, installs it where that can be done unasked, and says what to type
# where it cannot. Sourced after base.sh.

tools=$state/tools
export PATH="$tools/bin:$PATH"

can_apt() { is_root && have apt-get; }

# apt_install PACKAGE…: quiet when all goes well, the whole output when it does not.
apt_install() {
    local log=$state/apt.log
    tell "installing $* with apt-get" "installation de $* avec apt-get" >&2
    make_state_folder
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install $*; the whole output is in $log." \
            "apt-get n'a pas pu installer $* ; le détail est dans $log."
    fi
}

# how_to WHAT DEBIAN FEDORA MACOS: one sentence per system, the one to type; then stops.
how_to() {
    tell "$1 is missing." "Il manque $1." >&2
    tell "  Debian, Ubuntu: sudo apt-get install $2" "  Debian, Ubuntu : tapez sudo apt-get install $2" >&2
    tell "  Fedora: sudo dnf install $3" "  Fedora : tapez sudo dnf install $3" >&2
    tell "  macOS: brew install $4" "  macOS : tapez brew install $4" >&2
    exit 1
}

# Folders that may hold the server programs, most wanted first.
postgres_folders() {
    local found
    if found=$(command -v postgres); then dirname "$found"; fi
    if found=$(command -v pg_config); then "$found" --bindir; fi
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin
}

postgres_major() {
    "$1/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p'
}

# find_postgres [MAJOR]: prints the folder of the newest PostgreSQL (15 or more), or of that MAJOR.
find_postgres() {
    local wanted=${1:-} folder major best=14 answer=
    while read -r folder; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] &&
            [ -x "$folder/psql" ] || continue
        major=$(postgres_major "$folder")
        [ -n "$major" ] || continue
        if [ -n "$wanted" ]; then
            [ "$major" != "$wanted" ] || { answer=$folder && break; }
        elif [ "$major" -gt "$best" ]; then
            best=$major answer=$folder
        fi
    done < <(postgres_folders)
    [ -n "$answer" ] && printf '%s\n' "$answer"
}

# Debian's package makes and starts a cluster of its own unless it is told not to; it is told for
# the length of this one installation.
apt_install_postgres() {
    local folder=/etc/postgresql-common/createcluster.d
    apt_install postgresql-common
    mkdir -p "$folder"
    echo 'create_main_cluster = false' >"$folder/mini-site.conf"
    # A subshell: apt_install stops the script when it fails, and the file must go all the same.
    if (apt_install postgresql); then rm -f "$folder/mini-site.conf"; else
        rm -f "$folder/mini-site.conf"
        exit 1
    fi
}

need_postgres() {
    find_postgres >/dev/null && return
    if can_apt; then apt_install_postgres; fi
    find_postgres >/dev/null ||
        how_to "PostgreSQL (15+)" postgresql postgresql-server postgresql@17
}
