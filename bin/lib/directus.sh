# shellcheck shell=bash
# A real Directus on this machine: finds Node 22, installs Directus into .data, starts it on a
# database of ours with its own role. Sourced after base.sh, install.sh and database.sh.

directus=$state/directus

# Node 22, the one that Directus asks for: from PATH, else the npm package that holds it.
need_node_22() {
    if have node && [ "$(node -p 'process.versions.node.split(".")[0]')" = 22 ] && have npm; then return; fi
    need_node
    local package folder
    package=node-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    folder=$directus/node/node_modules/$package
    if [ ! -x "$folder/bin/node" ]; then
        tell 'installing Node 22 into .data/directus' 'installation de Node 22 dans .data/directus' >&2
        mkdir -p "$directus/node"
        npm install --prefix "$directus/node" --no-audit --no-fund --silent "$package@22.23.3" >&2
    fi
    export PATH="$folder/bin:$PATH"
    # What it compiles is compiled against this Node; nothing is fetched for it.
    export npm_config_nodedir=$folder
}

# 730 MB; in .data, so that it is kept from one run to the next.
need_directus() {
    local installed=$directus/app/installed
    if [ -f "$installed" ] && cmp -s "$root/directus/package-lock.json" "$directus/app/package-lock.json"; then return; fi
    tell 'installing Directus into .data/directus (730 MB, minutes)' \
        'installation de Directus dans .data/directus (730 Mo, quelques minutes)' >&2
    need_compiler
    if ! have c++ && can_apt; then apt_install g++ make python3; fi
    mkdir -p "$directus/app"
    rm -f "$installed"
    cp "$root/directus/package.json" "$root/directus/package-lock.json" "$root/directus/.npmrc" "$directus/app/"
    # Of all install scripts one is needed: isolated-vm, without which Directus does not start. It is
    # compiled where no ready-made one can be fetched. The others build drivers of other databases.
    if ! { npm --prefix "$directus/app" ci --ignore-scripts --no-audit --no-fund --loglevel=error &&
        npm --prefix "$directus/app" rebuild --loglevel=error isolated-vm; } >"$directus/install.log" 2>&1; then
        tail -n 20 "$directus/install.log" >&2
        fail "Directus could not be installed; the whole output is in $directus/install.log." \
            "Directus n'a pas pu être installé ; le détail est dans $directus/install.log."
    fi
    : >"$installed"
}

# apply_role ADDRESS [PASSWORD]: directus/role.sql on that database, by its owner. The passwords
# go through the environment: an argument would show in the list of processes.
apply_role() {
    need_postgres
    psql_on "$1" -c 'SET client_min_messages = warning' -f "$root/directus/role.sql"
    if [ -z "${2:-}" ]; then return; fi
    # Asked first: PostgreSQL writes a statement that it refuses, password and all, into its log.
    DIRECTUS_DB_PASSWORD=$2 psql_on "$1" <<'SQL'
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_roles AS mine WHERE rolname = current_user AND (rolsuper OR rolcreaterole AND (
            current_setting('server_version_num')::int < 160000
            OR EXISTS (SELECT FROM pg_auth_members WHERE roleid = 'directus'::regrole AND member = mine.oid AND admin_option)
        ))
    ) THEN
        RAISE EXCEPTION 'this account may not set the password of the user « directus »; set it where that user was made (psql: \password directus, or the console of the database), then start again without DIRECTUS_DB_PASSWORD';
    END IF;
END
$$;
\getenv password DIRECTUS_DB_PASSWORD
ALTER ROLE directus PASSWORD :'password';
SQL
}

# directus_address ADDRESS [PASSWORD]: the same database, for the role of Directus.
directus_address() {
    OWNERS_ADDRESS=$1 DIRECTUS_DB_PASSWORD=${2:-unused} node -e '
        const url = new URL(process.env.OWNERS_ADDRESS);
        for (const name of ["user", "password"]) if (url.searchParams.has(name)) url.searchParams.delete(name);
        url.username = "directus";
        url.password = encodeURIComponent(process.env.DIRECTUS_DB_PASSWORD);
        console.log(url.href);
    '
}

# make_directus_secrets FILE: the account and the tokens of a Directus, made once.
make_directus_secrets() {
    [ ! -s "$1" ] || return 0
    (
        umask 077
        # shellcheck disable=SC2016 # JavaScript
        node -e '
            const { randomBytes } = require("node:crypto");
            const secret = (bytes) => randomBytes(bytes).toString("base64url");
            console.log(`SECRET=${secret(32)}\nADMIN_EMAIL=admin@example.org\nADMIN_PASSWORD=${secret(9)}\nADMIN_TOKEN=${secret(32)}`);
        ' >"$1"
    )
}

# become_directus ADDRESS PORT FOLDER COMMAND: in place of this shell, Directus told to bootstrap or to
# start, without any setting but these. ADDRESS is that of its role, FOLDER keeps uploads and log;
# SECRET, ADMIN_EMAIL, ADMIN_PASSWORD and ADMIN_TOKEN are those of make_directus_secrets.
become_directus() {
    local name
    mkdir -p "$3/uploads" "$3/extensions"
    cd "$directus/app" || return
    # Not by `env -i NAME=…`: its arguments, secrets among them, show in the list of processes.
    for name in $(compgen -e); do
        case $name in HOME | PATH | SECRET | ADMIN_EMAIL | ADMIN_PASSWORD | ADMIN_TOKEN) ;; *) unset "$name" ;; esac
    done
    export SECRET ADMIN_EMAIL ADMIN_PASSWORD ADMIN_TOKEN NODE_ENV=production \
        HOST=127.0.0.1 PORT="$2" PUBLIC_URL="http://127.0.0.1:$2" \
        DB_CLIENT=pg DB_CONNECTION_STRING="$1" DB_SEARCH_PATH=array:directus,public \
        STORAGE_LOCATIONS=local STORAGE_LOCAL_ROOT="$3/uploads" EXTENSIONS_PATH="$3/extensions" \
        LOG_LEVEL=warn LOG_STYLE=raw CACHE_ENABLED=false WEBSOCKETS_ENABLED=false RETENTION_ENABLED=true \
        AI_ENABLED=false ACCEPT_TERMS=true TELEMETRY=false PROJECT_OWNER_ENABLED=false
    exec node node_modules/directus/cli.js "$4"
}

# start_directus ADDRESS PORT FOLDER: prepares its schema, starts it beside this shell, and waits until
# it answers. Sets server (its number) and url; what it says goes to FOLDER/server.log.
start_directus() {
    local tries=0
    url=http://127.0.0.1:$2
    mkdir -p "$3"
    if directus_answers "$url"; then
        fail "Port $2 is taken." "Le port $2 est déjà pris : choisissez-en un autre, DIRECTUS_PORT=$(($2 + 1)) bin/directus dev"
    fi
    (become_directus "$1" "$2" "$3" bootstrap) >"$3/bootstrap.log" 2>&1 </dev/null || {
        tail -n 20 "$3/bootstrap.log" >&2
        fail 'Directus could not prepare its schema; its words stand above.' \
            "Directus n'a pas pu préparer son schéma ; ses raisons sont ci-dessus."
    }
    (become_directus "$1" "$2" "$3" start) >"$3/server.log" 2>&1 </dev/null 9>&- &
    server=$!
    until directus_answers "$url"; do
        kill -0 "$server" 2>/dev/null && [ "$tries" -lt 300 ] || {
            kill "$server" 2>/dev/null || true
            tail -n 20 "$3/server.log" >&2
            fail 'Directus did not start; its words stand above.' "Directus n'a pas démarré ; ses raisons sont ci-dessus."
        }
        tries=$((tries + 1))
        sleep 0.5
    done
}

directus_answers() { node -e 'fetch(process.argv[1]).then((r) => process.exit(+!r.ok), () => process.exit(1))' "$1/server/ping"; }
