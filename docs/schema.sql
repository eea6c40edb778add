-- The schema as the migrations make it: creates an empty database by hand.
-- Generated; UPDATE_SCHEMA=1 cargo test --test site schema writes it anew.

CREATE SCHEMA internal;

COMMENT ON SCHEMA internal IS 'What nobody should browse: sessions, keys, queues. No right is given on it.';

CREATE FUNCTION internal.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION internal.touch_updated_at() IS 'Keeps updated_at true, whoever makes the change.';

CREATE TABLE internal.sessions (
    id_hash bytea NOT NULL,
    user_id uuid,
    data jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT session_id_is_sha256 CHECK ((octet_length(id_hash) = 32))
);

COMMENT ON TABLE internal.sessions IS 'Open sessions, under a hash of their id: a look at this table lets nobody in.';

COMMENT ON COLUMN internal.sessions.user_id IS 'Whose session; erasing the learner ends it.';

COMMENT ON COLUMN internal.sessions.data IS 'What tower-sessions keeps of it.';

CREATE TABLE public.grains (
    id text NOT NULL,
    module_id text NOT NULL,
    sequence_id text NOT NULL,
    "position" integer NOT NULL,
    title text NOT NULL,
    summary text NOT NULL,
    minutes integer NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT grain_id_shape CHECK ((id ~ '^[a-z0-9-]{1,64}$'::text))
);

COMMENT ON TABLE public.grains IS 'Grains of the course, copied from the compiled course at each start. A grain that leaves the course is retired, never deleted.';

COMMENT ON COLUMN public.grains."position" IS 'Rank in the course, from 1.';

COMMENT ON COLUMN public.grains.minutes IS 'Reading time, in minutes.';

COMMENT ON COLUMN public.grains.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE public.modules (
    id text NOT NULL,
    "position" integer NOT NULL,
    title text NOT NULL,
    summary text NOT NULL,
    minutes integer NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT module_id_shape CHECK ((id ~ '^[a-z0-9-]{1,64}$'::text))
);

COMMENT ON TABLE public.modules IS 'Modules of the course, copied from the compiled course at each start.';

COMMENT ON COLUMN public.modules."position" IS 'Rank in the course, from 1.';

COMMENT ON COLUMN public.modules.minutes IS 'Reading time, in minutes.';

COMMENT ON COLUMN public.modules.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE public.progress (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    grain_id text NOT NULL,
    module_id text NOT NULL,
    sequence_id text,
    completed_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.progress IS 'Completions: one row per learner and finished grain.';

COMMENT ON COLUMN public.progress.completed_at IS 'When the grain was finished for the first time.';

ALTER TABLE public.progress ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.progress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sequences (
    id text NOT NULL,
    module_id text NOT NULL,
    "position" integer NOT NULL,
    title text NOT NULL,
    summary text NOT NULL,
    minutes integer NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT sequence_id_shape CHECK ((id ~ '^[a-z0-9-]{1,64}$'::text))
);

COMMENT ON TABLE public.sequences IS 'Sequences of the course, copied from the compiled course at each start.';

COMMENT ON COLUMN public.sequences."position" IS 'Rank in the course, from 1.';

COMMENT ON COLUMN public.sequences.minutes IS 'Reading time, in minutes.';

COMMENT ON COLUMN public.sequences.retired_at IS 'When it left the course; null while it is part of it.';

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    platform_id uuid,
    moodle_user_id text NOT NULL,
    email text,
    name text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT email_length CHECK ((char_length(email) <= 320)),
    CONSTRAINT moodle_user_id_length CHECK (((char_length(moodle_user_id) >= 1) AND (char_length(moodle_user_id) <= 255))),
    CONSTRAINT name_length CHECK ((char_length(name) <= 255))
);

COMMENT ON TABLE public.users IS 'Learners: one row per person and platform.';

COMMENT ON COLUMN public.users.platform_id IS 'Which Moodle; null for profiles made without one.';

COMMENT ON COLUMN public.users.moodle_user_id IS 'Their identifier over there.';

ALTER TABLE ONLY internal.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT completion_once_per_grain UNIQUE (user_id, grain_id) INCLUDE (completed_at);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grain_place UNIQUE (id, module_id, sequence_id);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT learner_once_per_platform UNIQUE NULLS NOT DISTINCT (platform_id, moodle_user_id);

ALTER TABLE ONLY public.modules
    ADD CONSTRAINT modules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sequences
    ADD CONSTRAINT sequences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX sessions_expires_at_idx ON internal.sessions USING btree (expires_at);

CREATE INDEX sessions_user_id_idx ON internal.sessions USING btree (user_id);

CREATE INDEX grains_module_id_idx ON public.grains USING btree (module_id);

CREATE INDEX grains_sequence_id_idx ON public.grains USING btree (sequence_id);

CREATE INDEX progress_completed_at_idx ON public.progress USING btree (completed_at);

CREATE INDEX progress_grain_id_idx ON public.progress USING btree (grain_id);

CREATE INDEX sequences_module_id_idx ON public.sequences USING btree (module_id);

CREATE TRIGGER users_touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

ALTER TABLE ONLY internal.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT completion_in_its_place FOREIGN KEY (grain_id, module_id, sequence_id) REFERENCES public.grains(id, module_id, sequence_id) ON UPDATE CASCADE;

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.modules(id);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_sequence_id_fkey FOREIGN KEY (sequence_id) REFERENCES public.sequences(id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_grain_id_fkey FOREIGN KEY (grain_id) REFERENCES public.grains(id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.modules(id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_sequence_id_fkey FOREIGN KEY (sequence_id) REFERENCES public.sequences(id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sequences
    ADD CONSTRAINT sequences_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.modules(id);
