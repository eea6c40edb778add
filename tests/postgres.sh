#!/usr/bin/env bash
# Holds bin/postgres against what happens to a database on a developer's machine: kills, reboots,
# cleaned folders, two terminals at once. Works in copies of bin/ under /tmp and touches nothing
# else; what only root can set up is skipped by others. Ends with « N passed, N failed ».
#
#   tests/postgres.sh        everything
#   tests/postgres.sh one    what happens to one cluster in one folder
set -uo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d /tmp/mini-site-check-XXXXXX)
chmod 755 "$scratch"
skipped=0
visitor=mini-site-visitor

# --- Small words ---------------------------------------------------------------------------------

# project NAME: an empty project with the commands in it; prints its folder.
project() {
    mkdir -p "$scratch/$1" && cp -R "$here/bin" "$scratch/$1/" && echo "$scratch/$1"
}

# shellcheck source=check.sh
. "$here/tests/check.sh"

skip() {
    skipped=$((skipped + 1))
    echo "skipped $1: $2"
}

fact() { sed -n "s/.*$2 \([^,]*\).*/\1/p" < <("$1/bin/postgres" status); }
pid_of() { fact "$1" pid; }
account_of() { fact "$1" account; }
socket_of() { fact "$1" socket; }
data_of() { fact "$1" data; }
runs() { [ -n "$(pid_of "$1")" ]; }
is_alive() { kill -0 "$1" 2>/dev/null && [ -n "$(tr -d '\0' <"/proc/$1/cmdline" 2>/dev/null || ps -o args= -p "$1")" ]; }

ask() {
    local folder=$1
    shift
    PGHOST=/nowhere PGPORT=1 PGUSER=nobody psql -X -q -A -t -v ON_ERROR_STOP=1 \
        "$("$folder/bin/postgres" url)" -c "$*"
}

# As the account that runs the cluster: only its own processes can be mistaken for a rival.
as() {
    local account=$1
    shift
    if [ "$account" = "$(id -un)" ]; then "$@"; else runuser -u "$account" -- "$@"; fi
}

kill_postmaster() {
    local pid
    pid=$(pid_of "$1")
    kill -9 "$pid"
    while is_alive "$pid"; do sleep 0.05; done
}

kill_everything() {
    local pid
    pid=$(pid_of "$1")
    # shellcheck disable=SC2046 # a list of numbers
    kill -9 "$pid" $(ps -o pid= --ppid "$pid" 2>/dev/null || pgrep -P "$pid")
    while is_alive "$pid"; do sleep 0.05; done
}

# --- What is held --------------------------------------------------------------------------------

first_start() {
    "$one/bin/postgres" start && runs "$one" && [ -f "$(data_of "$one")/PG_VERSION" ]
}

second_start_keeps_the_server() {
    local before
    before=$(pid_of "$one")
    "$one/bin/postgres" start && [ "$(pid_of "$one")" = "$before" ]
}

url_leads_to_the_database() {
    [ "$(ask "$one" 'select current_database(), current_user')" = 'mini_site|mini_site' ]
}

url_creates_a_database() {
    [ "$(psql -XAtq "$("$one/bin/postgres" url essai_2)" -c 'select current_database()')" = essai_2 ] &&
        ! "$one/bin/postgres" url 'a;b'
}

nothing_but_a_private_socket() {
    [ "$(ask "$one" 'show listen_addresses')" = '' ] &&
        [ "$(ask "$one" 'show fsync')" = on ] &&
        [ -n "$(find "$(socket_of "$one")" -maxdepth 0 -type d -perm 0700)" ]
}

own_session() {
    local pid
    pid=$(pid_of "$one")
    [ "$(ps -o pgid= -p "$pid" | tr -d ' ')" = "$pid" ] && [ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
}

survives_kill_of_everything() {
    ask "$one" 'create table kept (id int); insert into kept values (42)'
    kill_everything "$one"
    ! runs "$one" && "$one/bin/postgres" start && [ "$(ask "$one" 'select id from kept')" = 42 ]
}

survives_kill_of_the_server_alone() {
    # A busy child lives on for a while and holds the shared memory.
    psql -XAtq "$("$one/bin/postgres" url)" -c 'select count(*) from generate_series(1, 20000000)' >/dev/null 2>&1 &
    sleep 0.5
    kill_postmaster "$one"
    "$one/bin/postgres" start && [ "$(ask "$one" 'select id from kept')" = 42 ]
}

survives_a_number_that_is_now_anothers() {
    local data socket account stranger
    data=$(data_of "$one") socket=$(socket_of "$one") account=$(account_of "$one")
    kill_everything "$one"
    as "$account" sleep 60 &
    sleep 0.3
    stranger=$(pgrep -u "$account" -n -x sleep)
    for file in "$data/postmaster.pid" "$socket/.s.PGSQL.5432.lock"; do
        awk -v pid="$stranger" 'NR == 1 { print pid; next } { print }' "$file" >"$scratch/pid"
        cat "$scratch/pid" >"$file"
    done
    ! runs "$one" && "$one/bin/postgres" start && [ "$(ask "$one" 'select id from kept')" = 42 ] &&
        is_alive "$stranger" && kill "$stranger"
}

survives_a_cleaned_socket_folder() {
    rm -rf "$(socket_of "$one")"
    "$one/bin/postgres" start && [ "$(ask "$one" 'select id from kept')" = 42 ]
}

found_again_after_a_reboot() {
    local socket
    socket=$(socket_of "$one")
    kill_everything "$one"
    rm -rf "$socket"
    [ "$(ask "$one" 'select id from kept')" = 42 ]
}

stops_and_starts() {
    "$one/bin/postgres" stop && ! "$one/bin/postgres" status && "$one/bin/postgres" stop &&
        "$one/bin/postgres" start && [ "$(ask "$one" 'select id from kept')" = 42 ]
}

data_deleted_while_it_runs() {
    local before
    before=$(pid_of "$one")
    rm -rf "$one/.data"
    "$one/bin/postgres" start && [ "$(ask "$one" 'select 1')" = 1 ] && ! is_alive "$before" &&
        sleep 1 && [ "$(ask "$one" 'select 1')" = 1 ]
}

needed_by_two() {
    local folder first second
    folder=$(project users)
    sleep 60 & first=$!
    sleep 60 & second=$!
    "$folder/bin/postgres" start --for "$first" && "$folder/bin/postgres" start --for "$second" &&
        "$folder/bin/postgres" stop --for "$first" && runs "$folder" &&
        "$folder/bin/postgres" stop --for "$second" && ! runs "$folder" &&
        kill "$first" "$second"
}

kept_for_a_person() {
    local folder=$scratch/users
    "$folder/bin/postgres" start && "$folder/bin/postgres" start --for $$ &&
        "$folder/bin/postgres" stop --for $$ && runs "$folder" && "$folder/bin/postgres" stop && ! runs "$folder"
}

simultaneous_starts() {
    local folder first second
    folder=$(project race)
    "$folder/bin/postgres" start >"$scratch/first" 2>&1 & first=$!
    "$folder/bin/postgres" start >"$scratch/second" 2>&1 & second=$!
    wait "$first" && wait "$second" && cmp "$scratch/first" "$scratch/second" && runs "$folder"
    local result=$?
    cat "$scratch/first" "$scratch/second"
    "$folder/bin/postgres" stop
    return "$result"
}

# The same without flock, as on macOS.
simultaneous_starts_without_flock() {
    local folder first second result
    folder=$(project race2)
    # shellcheck disable=SC2016 # written as it is
    echo 'have() { [ "$1" != flock ] && command -v "$1" >/dev/null 2>&1; }' >>"$folder/bin/lib/base.sh"
    mkdir -p "$folder/.data" && ln -s 2147483646 "$folder/.data/postgres.lock.held"
    "$folder/bin/postgres" start >"$scratch/first" 2>&1 & first=$!
    "$folder/bin/postgres" start >"$scratch/second" 2>&1 & second=$!
    wait "$first" && wait "$second" && cmp "$scratch/first" "$scratch/second" && runs "$folder" &&
        [ ! -L "$folder/.data/postgres.lock.held" ]
    result=$?
    cat "$scratch/first" "$scratch/second"
    "$folder/bin/postgres" stop
    return "$result"
}

two_clusters_side_by_side() {
    local folder
    folder=$(project both)
    "$folder/bin/postgres" start && "$folder/bin/postgres" --test start &&
        [ "$(psql -XAtq "$("$folder/bin/postgres" --test url)" -c 'show fsync')" = off ] &&
        "$folder/bin/postgres" stop && "$folder/bin/postgres" --test status
}

broken_test_cluster_is_made_anew() {
    local folder=$scratch/both
    "$folder/bin/postgres" --test stop
    rm -rf "$folder/.data/postgres-test/global"
    "$folder/bin/postgres" --test start && "$folder/bin/postgres" --test stop
}

initdb_cut_short() {
    local folder
    folder=$(project short)
    mkdir -p "$folder/.data/postgres.new/half"
    "$folder/bin/postgres" start && "$folder/bin/postgres" stop
}

long_path_with_spaces() {
    local folder name
    name=$(printf 'un dossier %.0s' 1 2 3 4 5 6 7 8 9 10 11 12)
    folder=$(project "$name")
    [ "$(ask "$folder" 'select 1')" = 1 ] && "$folder/bin/postgres" start && "$folder/bin/postgres" stop
}

# --- What needs root -----------------------------------------------------------------------------

closed_folder() {
    local folder
    mkdir -m 0700 "$scratch/closed"
    folder=$(project closed/project)
    "$folder/bin/postgres" start 2>&1 | grep 'is kept in /var/lib/mini-site-' &&
        [ -L "$folder/.data/postgres" ] && ask "$folder" 'create table kept (id int)' && runs "$folder" &&
        kill_everything "$folder" && "$folder/bin/postgres" start && ask "$folder" 'select * from kept'
}

copied_project_has_its_own() {
    cp -a "$scratch/closed/project" "$scratch/closed/copy"
    "$scratch/closed/copy/bin/postgres" start &&
        [ "$(data_of "$scratch/closed/copy")" != "$(data_of "$scratch/closed/project")" ] &&
        ! ask "$scratch/closed/copy" 'select * from kept' && runs "$scratch/closed/project"
}

moved_project_keeps_its_own() {
    local folder=$scratch/closed/moved
    "$scratch/closed/project/bin/postgres" stop
    mv "$scratch/closed/project" "$folder"
    "$folder/bin/postgres" start && ask "$folder" 'select * from kept'
}

ordinary_account() {
    local folder
    useradd --create-home "$visitor" || return
    folder=/home/$visitor/project
    mkdir -p "$folder" && cp -R "$here/bin" "$here/tests" "$folder/" && chown -R "$visitor" "$folder"
    runuser -u "$visitor" -- env -i PATH="$PATH_OF_VISITORS" HOME="/home/$visitor" \
        bash "$folder/tests/postgres.sh" one
}

someone_elses_cluster() {
    local folder
    folder=$(project theirs)
    "$folder/bin/postgres" start && "$folder/bin/postgres" stop
    ! runuser -u "$visitor" -- env -i PATH="$PATH_OF_VISITORS" "$folder/bin/postgres" start 2>"$scratch/said"
    cat "$scratch/said"
    grep -q 'cannot be written by' "$scratch/said"
}

# Root finds the cluster of an ordinary account and runs it as that account.
roots_start_of_their_cluster() {
    local folder=/home/$visitor/theirs
    mkdir -p "$folder" && cp -R "$here/bin" "$folder/" && chown -R "$visitor" "/home/$visitor" && chmod 755 "/home/$visitor"
    runuser -u "$visitor" -- env -i PATH="$PATH_OF_VISITORS" "$folder/bin/postgres" start &&
        "$folder/bin/postgres" start && [ "$(account_of "$folder")" = "$visitor" ] && "$folder/bin/postgres" stop
}

says_what_to_type() {
    local folder=/home/$visitor/theirs
    unshare --mount bash -c "mount -t tmpfs none /usr/lib/postgresql &&
        runuser -u $visitor -- env -i PATH='$PATH_OF_VISITORS' $folder/bin/postgres start" >"$scratch/said" 2>&1
    [ $? = 1 ] && cat "$scratch/said" && grep -q 'Debian.*: sudo apt-get install postgresql' "$scratch/said" &&
        grep -q 'Fedora: sudo dnf install' "$scratch/said" && grep -q 'macOS: brew install' "$scratch/said"
}

clean_up() {
    local folder
    for folder in "$scratch"/* "$scratch"/closed/*; do
        [ -x "$folder/bin/postgres" ] || continue
        "$folder/bin/postgres" stop >/dev/null 2>&1
        "$folder/bin/postgres" --test stop >/dev/null 2>&1
        if [ -L "$folder/.data/postgres" ]; then rm -rf "$(dirname "$(readlink "$folder/.data/postgres")")"; fi
    done
    rm -rf "$scratch"
    if [ "$(id -u)" = 0 ] && id "$visitor" >/dev/null 2>&1; then userdel --remove "$visitor" 2>/dev/null; fi
}

# --- Run -----------------------------------------------------------------------------------------

PATH_OF_VISITORS=/usr/local/bin:/usr/bin:/bin
trap clean_up EXIT
one=$(project one)

check 'the first start makes a cluster' first_start
check 'a second start keeps the server that runs' second_start_keeps_the_server
check 'url leads psql to the database, whatever PGHOST says' url_leads_to_the_database
check 'url creates the database it is asked for, and refuses a strange name' url_creates_a_database
check 'it listens on a private socket only, with fsync on' nothing_but_a_private_socket
check 'it has a session of its own, out of reach of Ctrl-C' own_session
check 'it survives kill -9 of all its processes' survives_kill_of_everything
check 'it survives kill -9 of the server alone, a child still busy' survives_kill_of_the_server_alone
check 'it survives a pid file whose number is now a stranger' survives_a_number_that_is_now_anothers
check 'it survives the cleaning of its socket folder' survives_a_cleaned_socket_folder
check 'it is found again after a reboot' found_again_after_a_reboot
check 'it stops, says so, and starts again' stops_and_starts
check 'a new cluster replaces one deleted while it ran' data_deleted_while_it_runs
finish() {
    echo "postgres: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}
if [ "${1:-}" = one ]; then finish; fi

check 'it stays while one of two still needs it' needed_by_two
check 'it stays when a person started it' kept_for_a_person
check 'two starts at the same moment make one server' simultaneous_starts
check 'so they do without flock, a dead lock in the way' simultaneous_starts_without_flock
check 'the test cluster lives beside the other, without fsync' two_clusters_side_by_side
check 'a broken test cluster is made anew' broken_test_cluster_is_made_anew
check 'an initdb cut short leaves nothing in the way' initdb_cut_short
check 'a long path with spaces is fine' long_path_with_spaces
if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null && command -v useradd >/dev/null; then
    check 'in a folder closed to its account the data live elsewhere' closed_folder
    check 'a copy of such a project has a cluster of its own' copied_project_has_its_own
    check 'such a project that moves keeps its cluster' moved_project_keeps_its_own
    check 'one cluster, as an ordinary account' ordinary_account
    check 'the cluster of another account is refused in one sentence' someone_elses_cluster
    check 'root runs the cluster of an ordinary account as that account' roots_start_of_their_cluster
    if unshare --mount true 2>/dev/null; then
        check 'without PostgreSQL it says what to type' says_what_to_type
    else
        skip 'without PostgreSQL it says what to type' 'mounts are not allowed here'
    fi
else
    skip 'a closed folder, another account, no PostgreSQL' 'only root can set these up'
fi
finish
