# shellcheck shell=bash
# PostgreSQL's own programs led to a database without its address in their arguments: the password
# in it would show in the list of processes. Sourced after base.sh and install.sh.

# psql_on ADDRESS ARGUMENT…: psql on the database of an address, postgresql://…
psql_on() (
    lead_to "$1"
    shift
    exec "$(find_postgres)/psql" -X -q -v ON_ERROR_STOP=1 "$@"
)

# lead_to ADDRESS: sets the variables of libpq, as src/config/address.rs does.
lead_to() {
    local rest=$1 query='' login='' database='' host port=''
    case $rest in postgres://* | postgresql://*) rest=${rest#*://} ;; *)
        fail 'The address of the database does not begin with postgresql://.' \
            "L'adresse de la base ne commence pas par postgresql:// : écrivez postgresql://compte:mot-de-passe@hote:5432/base"
        ;;
    esac
    # A service would come before these variables.
    unset PGSERVICE
    case $rest in *\?*) query=${rest#*\?} rest=${rest%%\?*} ;; esac
    case $rest in */*) database=${rest#*/} rest=${rest%%/*} ;; esac
    case $rest in *@*) login=${rest%@*} rest=${rest##*@} ;; esac
    case $rest in
    \[*\]*) host=${rest#\[} host=${host%%\]*} rest=${rest##*\]} ;;
    *) host=${rest%%:*} ;;
    esac
    case $rest in *:*) port=${rest##*:} ;; esac
    set_unless_empty PGHOST "$host"
    set_unless_empty PGPORT "$port"
    set_unless_empty PGDATABASE "$database"
    set_unless_empty PGUSER "${login%%:*}"
    case $login in *:*) set_unless_empty PGPASSWORD "${login#*:}" ;; esac
    read_parameters "$query"
}

# read_parameters QUERY: what follows the question mark, which comes before the rest.
read_parameters() {
    local pairs pair value
    IFS='&' read -ra pairs <<<"$1"
    # ${…+…}: for the bash of macOS an empty list is unset.
    for pair in ${pairs[@]+"${pairs[@]}"}; do
        value=${pair#*=}
        case ${pair%%=*} in
        host) set_unless_empty PGHOST "$value" ;;
        port) set_unless_empty PGPORT "$value" ;;
        dbname) set_unless_empty PGDATABASE "$value" ;;
        user) set_unless_empty PGUSER "$value" ;;
        password) set_unless_empty PGPASSWORD "$value" ;;
        sslmode) set_unless_empty PGSSLMODE "$value" ;;
        sslrootcert) set_unless_empty PGSSLROOTCERT "$value" ;;
        sslcert) set_unless_empty PGSSLCERT "$value" ;;
        sslkey) set_unless_empty PGSSLKEY "$value" ;;
        options) set_unless_empty PGOPTIONS "$value" ;;
        esac
    done
}

set_unless_empty() { [ -z "$2" ] || export "$1=$(percent_decoded "$2")"; }

# « %40 » → « @ »; what is not two digits after its sign stays as it is, a backslash too.
percent_decoded() {
    printf '%b' "$(sed -E 's/\\/\\\\/g; s/%([0-9A-Fa-f]{2})/\\x\1/g' <<<"$1")"
}
