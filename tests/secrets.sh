#!/usr/bin/env bash
# Holds bin/directus against the list of processes: no program gets a password as an argument, and
# each is led where the address says. Works in a copy of bin/ under /tmp, with stand-ins that note
# how they were called. Ends with « N passed, N failed ».
set -uo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d /tmp/mini-site-secrets-XXXXXX)
trap 'rm -rf "$scratch"' EXIT
calls=$scratch/calls variables=$scratch/variables

# shellcheck source=check.sh
. "$here/tests/check.sh"

# stand_in NAME TEXT: a program that notes its arguments, and what it does then.
stand_in() {
    printf '#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' "$1" "$calls" "$2" >"$scratch/path/$1"
    chmod +x "$scratch/path/$1"
}

prepare() {
    mkdir -p "$scratch/path" "$scratch/project/.data/directus/app/node_modules/directus"
    cp -R "$here/bin" "$here/directus" "$scratch/project/"
    # The newest that there is: the one that bin/lib/install.sh takes.
    stand_in postgres 'echo "postgres (PostgreSQL) 999.0"'
    stand_in initdb ''
    stand_in pg_ctl ''
    stand_in psql "{ '$(command -v env)'; } >'$variables'; cat >/dev/null"
    stand_in env "exec '$(command -v env)' \"\$@\""
    stand_in node "exec '$(command -v node)' \"\$@\""
    cat >"$scratch/project/.data/directus/app/node_modules/directus/cli.js" <<'JS'
const lines = Object.entries(process.env).map(([name, value]) => `${name}=${value}\n`);
require('node:fs').writeFileSync(`${process.env.HOME}/variables`, lines.join(''));
JS
    unset "${!PG@}" DATABASE_URL DIRECTUS_DB_PASSWORD
    export PATH=$scratch/path:$PATH HOME=$scratch
}

# in_project COMMANDS: with the functions of bin/directus.
in_project() {
    : >"$calls"
    bash -euo pipefail -c "for file in base install database directus; do . '$scratch/project/bin/lib/'\$file.sh; done; $1" </dev/null
}

# told NAME=VALUE…: what the last program found in its environment.
told() {
    local each
    for each; do grep -qxF -- "$each" "$variables" || { echo "no $each among:" && grep -E '^(PG|DB_)' "$variables"; return 1; }; done
}

# untold WORD…: nothing of it in an argument of any program.
untold() {
    local word
    for word; do if grep -F -- "$word" "$calls"; then return 1; fi; done
}

# --- What is held --------------------------------------------------------------------------------

the_role() {
    : >"$calls"
    DATABASE_URL='postgresql://site:hu%2Bsh%20%40+1@db.example.org:5433/cours?sslmode=verify-full&sslrootcert=/etc/ca%20of.pem' \
        DIRECTUS_DB_PASSWORD='of-its-own' "$scratch/project/bin/directus" role </dev/null || return 1
    grep -q '^psql .*role.sql' "$calls" || { echo 'psql was not called' && return 1; }
    told 'PGHOST=db.example.org' 'PGPORT=5433' 'PGDATABASE=cours' 'PGUSER=site' 'PGPASSWORD=hu+sh @+1' \
        'PGSSLMODE=verify-full' 'PGSSLROOTCERT=/etc/ca of.pem' 'DIRECTUS_DB_PASSWORD=of-its-own' &&
        untold 'postgresql://' 'hu%2Bsh' 'hu+sh' 'of-its-own'
}

a_socket() {
    in_project "psql_on 'postgres://mini_site@localhost:5432/try%5F1?host=/tmp/a%20socket' -c 'select'"
    told 'PGHOST=/tmp/a socket' 'PGUSER=mini_site' 'PGDATABASE=try_1' 'PGPORT=5432'
}

a_numbered_host() {
    in_project "psql_on 'postgresql://site@[2001:db8::7]:6432/cours' -c 'select'"
    told 'PGHOST=2001:db8::7' 'PGPORT=6432'
}

odd_passwords() {
    in_project "psql_on 'postgresql://site:a%3Ab%2Fc%3Fd%5Cn100%25@host/cours?dbname=other&user=it' -c 'select'"
    told 'PGPASSWORD=a:b/c?d\n100%' 'PGDATABASE=other' 'PGUSER=it'
    in_project "psql_on 'postgresql://host/cours?user=it&password=of%26query' -c 'select'"
    told 'PGPASSWORD=of&query'
}

a_service_of_the_caller() {
    PGSERVICE=elsewhere in_project "psql_on 'postgresql://site@host/cours' -c 'select'"
    ! grep '^PGSERVICE=' "$variables"
}

no_address() {
    if in_project "psql_on 'host=here password=hush' -c 'select'" >"$scratch/said" 2>&1; then return 1; fi
    grep -q 'postgresql://' "$scratch/said" && ! grep hush "$scratch/said" && ! grep '^psql' "$calls"
}

directus_itself() {
    in_project "SECRET=hush-1 ADMIN_EMAIL=a@example.org ADMIN_PASSWORD=hush-2 ADMIN_TOKEN=hush-3
        export STRAY=1
        address=\$(directus_address 'postgresql://site:hush-4@host/cours?sslmode=require' 'hush-5@')
        become_directus \"\$address\" 8055 '$scratch/files' start" || return 1
    told 'DB_CONNECTION_STRING=postgresql://directus:hush-5%40@host/cours?sslmode=require' 'SECRET=hush-1' \
        'ADMIN_PASSWORD=hush-2' 'ADMIN_TOKEN=hush-3' 'DB_SEARCH_PATH=array:directus,public' 'PORT=8055' &&
        ! grep '^STRAY=' "$variables" && untold 'hush-'
}

prepare
check 'bin/directus role hides both passwords, and psql is led to the same place' the_role
check 'a socket in the address is the one of psql' a_socket
check 'a host may be an address of IPv6' a_numbered_host
check 'passwords hold any character, and may stand among the parameters' odd_passwords
check 'a service of the caller does not lead elsewhere' a_service_of_the_caller
check 'what is no address is refused without being shown' no_address
check 'Directus gets its secrets, and they stand in no argument' directus_itself
echo "secrets: $passed passed, $failed failed"
[ "$failed" = 0 ]
