# shellcheck shell=bash
# PgBouncer in transaction mode, for the tests. Sourced after base.sh and install.sh.

# Its libraries do nothing by themselves; the program is unpacked.
need_pgbouncer() {
    find_unpacked pgbouncer >/dev/null && return
    try_apt libc-ares2 libevent-2.1-7
    need_unpacked pgbouncer
}

# start_pooler FOLDER SOCKET: before the cluster at this socket, whose account it takes, since nobody
# else may enter there. Sets pooler, its process. Two sessions of PostgreSQL for each database: those
# of a test meet one another in them.
start_pooler() {
    local where=$1 user
    # shellcheck disable=SC2012 # one known path; stat's options differ between systems
    user=$(ls -ld "$2" | awk '{print $3}')
    cat >"$where/pgbouncer.ini" <<INI
[databases]
* = host=$2 port=5432
[pgbouncer]
pool_mode = transaction
default_pool_size = 2
max_client_conn = 400
listen_addr =
listen_port = 6432
unix_socket_dir = $where
auth_type = trust
auth_file = $where/users
logfile = $where/log
; A database is deleted after its test, and must not be in use for longer than that waits.
server_idle_timeout = 0.1
INI
    echo '"mini_site" ""' >"$where/users"
    if is_root; then
        chown -R "$user" "$where"
        echo "user = $user" >>"$where/pgbouncer.ini"
    fi
    "$(find_unpacked pgbouncer)" -q "$where/pgbouncer.ini" &
    pooler=$!
    for _ in $(seq 100); do
        if [ -S "$where/.s.PGSQL.6432" ]; then return; fi
        kill -0 "$pooler" 2>/dev/null || break
        sleep 0.1
    done
    cat "$where/log"
    return 1
}
