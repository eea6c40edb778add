#!/usr/bin/env bash
# Holds bin/backup against its promises: a restore drill, the rotation, the copy elsewhere, and what
# happens when a step fails. Works in a copy of bin/ under /tmp, on the databases of that copy.
# Ends with « N passed, N failed ».
#
#   tests/backup.sh PROGRAM    the mini-site to use
set -uo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(cd -P "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d /tmp/mini-site-backup-XXXXXX)
chmod 755 "$scratch"
project=$scratch/project BACKUP_SCRATCH_URL=''
kept=$scratch/kept

# shellcheck source=check.sh
. "$here/tests/check.sh"

# backup OPTION…: in an environment of its own, programs of $scratch/path first.
backup() {
    env -i HOME="$scratch" PATH="$scratch/path:$PATH" MINI_SITE="$program" DATABASE_URL="$address" \
        ${BACKUP_SCRATCH_URL:+BACKUP_SCRATCH_URL="$BACKUP_SCRATCH_URL"} \
        "$project/bin/backup" --folder "$kept" "$@"
}

ask() { "$psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

newest() { printf '%s\n' "$kept"/mini-site_*.dump | sort | tail -n 1; }

# A stand-in for a program: notes how it was called.
stand_in() {
    mkdir -p "$scratch/path"
    printf '#!/bin/sh\necho "%s $*" >>%s\n%s\n' "$1" "$scratch/calls" "${2:-}" >"$scratch/path/$1"
    chmod +x "$scratch/path/$1"
}

# --- What is held --------------------------------------------------------------------------------

one_line_and_a_file() {
    local said
    said=$(backup) || { cat "$kept/last.log" && return 1; }
    echo "$said"
    [ "$(wc -l <<<"$said")" = 1 ] && grep -qE "^backup ok file=$kept/mini-site_.* rows=[0-9]+ size_bytes=[0-9]+ kept=1 uploaded=no duration_s=" <<<"$said" &&
        [ -f "$(newest)" ] && [ -f "$(newest).json" ]
}

nobody_else_reads_it() {
    [ -z "$(find "$kept" -type f -perm /077)" ] && [ -z "$(find "$kept" -maxdepth 0 -perm /077)" ]
}

nothing_is_left_running() {
    ! "$project/bin/postgres" --backup status
}

the_drill() {
    local target
    target=$("$project/bin/postgres" url drill)
    env -i PATH="$PATH" TARGET="$target" "$program" restore "$(newest)" --into TARGET &&
        env -i PATH="$PATH" TARGET="$target" "$program" verify --from "$(newest).json" --to TARGET --all | tail -n 1 &&
        [ "$(ask "$target" -c 'select count(*) from users')" = 500 ]
}

# From here on in a database of ours, which is faster.
a_scratch_database_of_ones_own() {
    backup && backup && [ "$(ask "$BACKUP_SCRATCH_URL" -c "select count(*) from pg_class where relnamespace = 'public'::regnamespace")" = 0 ]
}

a_scratch_database_that_holds_something() {
    local BACKUP_SCRATCH_URL said before
    BACKUP_SCRATCH_URL=$address before=$(newest)
    said=$(backup)
    [ $? = 1 ] && echo "$said" && grep -q '^backup failed step=restore .*is not empty' <<<"$said" &&
        [ "$(newest)" = "$before" ] && [ "$(ask "$address" -c 'select count(*) from users')" = 500 ]
}

a_database_that_is_away() {
    local said address=postgres://nobody:hush-hush@localhost:1/none
    said=$(backup)
    [ $? = 1 ] && echo "$said" && grep -q '^backup failed step=dump ' <<<"$said" &&
        ! grep -rq hush-hush "$kept/last.log" && ! grep -q hush-hush <<<"$said"
}

# One a day for two years, as they would have come.
rotation() {
    local day
    for day in $(seq 0 730); do
        : >"$kept/mini-site_$(date -u -d "2024-06-01 + $day days" +%Y-%m-%d_%G-W%V)_031700.dump"
    done
    backup >/dev/null || return
    ls "$kept"
    # The newest; days, weeks and months that overlap count once.
    [ -f "$kept/mini-site_2026-06-01_2026-W23_031700.dump" ] && [ -f "$kept/mini-site_2026-05-31_2026-W22_031700.dump" ] &&
        [ -f "$kept/mini-site_2026-04-30_2026-W18_031700.dump" ] && [ ! -f "$kept/mini-site_2026-04-29_2026-W18_031700.dump" ] &&
        [ ! -f "$kept/mini-site_2025-06-30_2025-W27_031700.dump" ] &&
        [ "$(printf '%s\n' "$kept"/*.dump | cut -d_ -f2 | cut -c1-7 | sort -u | wc -l)" = 12 ]
}

copy_by() {
    rm -rf "$scratch/path" "$scratch/calls" "$scratch/.s3cfg"
    stand_in "$1"
    if [ "$1" = s3cmd ]; then : >"$scratch/.s3cfg"; fi
    backup --upload-to "$2" | tee "$scratch/said" && cat "$scratch/calls" && grep -q uploaded=yes "$scratch/said" &&
        [ "$(grep -c "^$3 .*$kept/mini-site_.* $2/mini-site_.*" "$scratch/calls")" = 2 ]
}

a_copy_that_fails() {
    local said
    rm -rf "$scratch/path"
    stand_in rclone 'echo "no such bucket" >&2; exit 3'
    said=$(backup --upload-to far:away)
    [ $? = 1 ] && echo "$said" && grep -q 'backup failed step=upload .*no such bucket' <<<"$said"
}

clean_up() {
    "$project/bin/postgres" stop >/dev/null 2>&1
    "$project/bin/postgres" --backup stop >/dev/null 2>&1
    rm -rf "$scratch"
}

# --- Run -----------------------------------------------------------------------------------------

trap clean_up EXIT
mkdir -p "$project" && cp -R "$here/bin" "$project/"
address=$("$project/bin/postgres" url) || exit
# shellcheck source=../bin/lib/base.sh
. "$here/bin/lib/base.sh"
# shellcheck source=../bin/lib/install.sh
. "$here/bin/lib/install.sh"
psql=$(find_postgres)/psql
env -i PATH="$PATH" APP_ENV=development DATABASE_URL="$address" "$program" migrate >/dev/null || exit
ask "$address" -c 'insert into users (moodle_user_id) select n::text from generate_series(1, 500) as n' || exit

check 'a backup is one line, a dump and its manifest' one_line_and_a_file
check 'nobody else can read them' nobody_else_reads_it
check 'the PostgreSQL of the trial is stopped again' nothing_is_left_running
check 'the restore drill: into an empty database, the same row by row' the_drill
BACKUP_SCRATCH_URL=$("$project/bin/postgres" url scratch)
check 'it tries in a database of ours, and leaves it empty' a_scratch_database_of_ones_own
check 'it refuses to try where something is' a_scratch_database_that_holds_something
check 'it says that the database is away, and not its password' a_database_that_is_away
check 'it keeps 7 days, 4 weeks and 12 months' rotation
check 'rclone takes a copy' copy_by rclone far:bucket/site 'rclone copyto'
check 'aws takes a copy' copy_by aws s3://bucket/site 'aws s3 cp'
check 's3cmd takes a copy' copy_by s3cmd s3://bucket/site 's3cmd put'
check 'a copy that fails is told' a_copy_that_fails
echo "backup: $passed passed, $failed failed"
[ "$failed" = 0 ]
