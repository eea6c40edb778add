# shellcheck shell=bash
# Counting results, for the tests in bash. Sourced.

# What their scripts tell at the end.
# shellcheck disable=SC2034
passed=0 failed=0

# check SENTENCE COMMAND…: counts one result; the command's output is shown when it fails.
check() {
    local sentence=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok      $sentence"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$sentence"
        printf '%s\n' "$output" | sed 's/^/    /'
    fi
}
