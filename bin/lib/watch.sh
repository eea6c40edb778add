# shellcheck shell=bash
# Sees that something which goes into the program has changed. A part of bin/dev, whose words for
# processes it uses; the project is the current folder.

# Files and folders; not what editors leave beside them for a moment. Cargo.lock is absent because
# the build itself writes it.
watched() {
    find src templates assets migrations .sqlx build* Cargo.toml askama.toml \
        ! -name '.*' ! -name '*~' ! -name '4913' ! -name '#*#' "$@" 2>/dev/null || true
}

# The content decides: a file saved without a change, or replaced by its equal, means nothing.
fingerprint() { watched -type f -print0 | xargs -0 cksum 2>/dev/null | sort | cksum; }

# entr returns at the first change: written in place, renamed over, new, or gone.
watch_once() { watched | entr -n -p -d -z true >/dev/null 2>&1; }

# wait_for_change FINGERPRINT: returns once the files differ from it.
wait_for_change() {
    local code
    while [ "$(fingerprint)" = "$1" ]; do
        if ! have entr; then
            spawn sleep 1 2>/dev/null
            wait "$spawned" || true
            continue
        fi
        spawn watch_once 2>/dev/null
        watcher=$spawned
        note_children
        # What changed while entr was opening its eyes.
        sleep 0.1
        code=0
        if [ "$(fingerprint)" = "$1" ]; then wait "$watcher" || code=$?; fi
        end_group "$watcher"
        watcher=
        # 0: a file changed; 2: a folder did; 1: a file is gone, or entr has troubles of its own, in
        # which case it would come back at once, for ever.
        if [ "$code" = 1 ] && [ "$(fingerprint)" = "$1" ]; then sleep 1; fi
    done
}
