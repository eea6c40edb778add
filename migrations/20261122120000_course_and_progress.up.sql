-- The course, the learners and what they have finished: what admins see in Directus.
-- Sessions go to a schema of their own, which nobody browses.

CREATE SCHEMA internal;
COMMENT ON SCHEMA internal IS 'What nobody should browse: sessions, keys, queues. No right is given on it.';

CREATE TABLE modules (
    id         text        PRIMARY KEY CONSTRAINT module_id_shape CHECK (id ~ '^[a-z0-9-]{1,64}$'),
    position   integer     NOT NULL,
    title      text        NOT NULL,
    summary    text        NOT NULL,
    minutes    integer     NOT NULL,
    retired_at timestamptz
);
COMMENT ON TABLE modules IS 'Modules of the course, copied from the compiled course at each start.';
COMMENT ON COLUMN modules.position IS 'Rank in the course, from 1.';
COMMENT ON COLUMN modules.minutes IS 'Reading time, in minutes.';
COMMENT ON COLUMN modules.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE sequences (
    id         text        PRIMARY KEY CONSTRAINT sequence_id_shape CHECK (id ~ '^[a-z0-9-]{1,64}$'),
    module_id  text        NOT NULL REFERENCES modules (id),
    position   integer     NOT NULL,
    title      text        NOT NULL,
    summary    text        NOT NULL,
    minutes    integer     NOT NULL,
    retired_at timestamptz
);
CREATE INDEX sequences_module_id_idx ON sequences (module_id);
COMMENT ON TABLE sequences IS 'Sequences of the course, copied from the compiled course at each start.';
COMMENT ON COLUMN sequences.position IS 'Rank in the course, from 1.';
COMMENT ON COLUMN sequences.minutes IS 'Reading time, in minutes.';
COMMENT ON COLUMN sequences.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE grains (
    id          text        PRIMARY KEY CONSTRAINT grain_id_shape CHECK (id ~ '^[a-z0-9-]{1,64}$'),
    module_id   text        NOT NULL REFERENCES modules (id),
    sequence_id text        NOT NULL REFERENCES sequences (id),
    position    integer     NOT NULL,
    title       text        NOT NULL,
    summary     text        NOT NULL,
    minutes     integer     NOT NULL,
    retired_at  timestamptz,
    CONSTRAINT grain_place UNIQUE (id, module_id, sequence_id)
);
CREATE INDEX grains_module_id_idx ON grains (module_id);
CREATE INDEX grains_sequence_id_idx ON grains (sequence_id);
COMMENT ON TABLE grains IS 'Grains of the course, copied from the compiled course at each start. A grain that leaves the course is retired, never deleted.';
COMMENT ON COLUMN grains.position IS 'Rank in the course, from 1.';
COMMENT ON COLUMN grains.minutes IS 'Reading time, in minutes.';
COMMENT ON COLUMN grains.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE users (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    platform_id    uuid,
    moodle_user_id text        NOT NULL CONSTRAINT moodle_user_id_length CHECK (char_length(moodle_user_id) BETWEEN 1 AND 255),
    email          text        CONSTRAINT email_length CHECK (char_length(email) <= 320),
    name           text        CONSTRAINT name_length CHECK (char_length(name) <= 255),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT learner_once_per_platform UNIQUE NULLS NOT DISTINCT (platform_id, moodle_user_id)
);
COMMENT ON TABLE users IS 'Learners: one row per person and platform.';
COMMENT ON COLUMN users.platform_id IS 'Which Moodle; null for profiles made without one.';
COMMENT ON COLUMN users.moodle_user_id IS 'Their identifier over there.';

CREATE FUNCTION internal.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION internal.touch_updated_at() IS 'Keeps updated_at true, whoever makes the change.';
CREATE TRIGGER users_touch_updated_at BEFORE UPDATE ON users
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION internal.touch_updated_at();

CREATE TABLE progress (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    grain_id     text        NOT NULL REFERENCES grains (id),
    module_id    text        NOT NULL REFERENCES modules (id),
    sequence_id  text        REFERENCES sequences (id),
    completed_at timestamptz NOT NULL DEFAULT now(),
    -- The time stands in the index, so that a page reads a learner's progress from it alone.
    CONSTRAINT completion_once_per_grain UNIQUE (user_id, grain_id) INCLUDE (completed_at),
    -- The copied module and sequence cannot contradict the course, and follow a grain that moves.
    CONSTRAINT completion_in_its_place FOREIGN KEY (grain_id, module_id, sequence_id)
        REFERENCES grains (id, module_id, sequence_id) ON UPDATE CASCADE
);
CREATE INDEX progress_grain_id_idx ON progress (grain_id);
CREATE INDEX progress_completed_at_idx ON progress (completed_at);
COMMENT ON TABLE progress IS 'Completions: one row per learner and finished grain.';
COMMENT ON COLUMN progress.completed_at IS 'When the grain was finished for the first time.';

CREATE TABLE internal.sessions (
    id_hash    bytea       PRIMARY KEY CONSTRAINT session_id_is_sha256 CHECK (octet_length(id_hash) = 32),
    user_id    uuid        REFERENCES users (id) ON DELETE CASCADE,
    data       jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user_id_idx ON internal.sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON internal.sessions (expires_at);
COMMENT ON TABLE internal.sessions IS 'Open sessions, under a hash of their id: a look at this table lets nobody in.';
COMMENT ON COLUMN internal.sessions.user_id IS 'Whose session; erasing the learner ends it.';
COMMENT ON COLUMN internal.sessions.data IS 'What tower-sessions keeps of it.';
