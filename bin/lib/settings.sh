# shellcheck shell=bash
# Reads a setting as the program does. Sourced after base.sh.

# setting NAME: from the environment, else from .env; nothing when neither has it.
setting() {
    if [ -n "${!1:-}" ]; then
        echo "${!1}"
    elif [ -f "$root/.env" ]; then
        sed -n -E "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*//p" "$root/.env" |
            tail -n 1 | sed -E "s/^'([^']*)'.*/\1/; s/^\"([^\"]*)\".*/\1/; s/[[:space:]]+#.*//; s/[[:space:]]+$//"
    fi
}
