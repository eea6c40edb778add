-- The schema as the migrations make it: creates an empty database by hand.
-- Generated; UPDATE_SCHEMA=1 cargo test --test site schema writes it anew.

CREATE SCHEMA internal;

COMMENT ON SCHEMA internal IS 'What nobody should browse: sessions, keys, queues. No right is given on it.';

CREATE FUNCTION internal.list_inactive_learners(since timestamp with time zone, moment timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN QUERY SELECT id FROM users AS learner
    WHERE created_at < since
      AND NOT EXISTS (SELECT FROM progress WHERE user_id = learner.id AND completed_at >= since)
      AND NOT EXISTS (SELECT FROM lti_memberships WHERE user_id = learner.id AND launched_at >= since)
      AND NOT EXISTS (SELECT FROM internal.last_visits WHERE user_id = learner.id AND visited_at >= since)
      AND NOT EXISTS (SELECT FROM internal.sessions WHERE user_id = learner.id AND expires_at > moment);
END
$$;

COMMENT ON FUNCTION internal.list_inactive_learners(since timestamp with time zone, moment timestamp with time zone) IS 'Learners who were made, came last, and finished a grain last before since, and have no session open at moment.';

CREATE FUNCTION internal.queue_scores(learner uuid, grain text, module text, sequence text, moment timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    queued bigint;
BEGIN
    INSERT INTO internal.outbox AS known (kind, subject_id, user_id, platform_id, due_at, created_at)
    SELECT 'score', resource_link_id, score.user_id, platform_id, moment, moment
    FROM internal.lti_scores AS score
    JOIN lti_resource_links AS link ON link.id = resource_link_id
    JOIN lti_deployments AS deployment ON deployment.id = deployment_id
    WHERE score.user_id = learner AND link.line_item_url IS NOT NULL
      AND (scope, coalesce(scope_id, '')) IN (('course', ''), ('module', module), ('sequence', sequence), ('grain', grain))
    ORDER BY resource_link_id
    ON CONFLICT ON CONSTRAINT job_once DO UPDATE
    SET version = known.version + 1, attempts = 0, due_at = least(known.due_at, excluded.due_at), given_up_at = NULL;
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END
$$;

COMMENT ON FUNCTION internal.queue_scores(learner uuid, grain text, module text, sequence text, moment timestamp with time zone) IS 'Queues the scores that change when a learner finishes a grain or takes it back; returns how many they are.';

CREATE FUNCTION internal.refuse_when_read_only() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    AS $$
BEGIN
    -- Shared until the end of the transaction; the query after it sees what was committed by then.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(8243101776965692537);
    IF EXISTS (SELECT FROM internal.read_only WHERE is_on)
        AND coalesce(pg_catalog.current_setting('mini_site.is_migrating', true), '') OPERATOR(pg_catalog.<>) 'on' THEN
        RAISE read_only_sql_transaction
            USING MESSAGE = 'read-only mode: the data are being moved to another server',
                  HINT = 'It ends with: mini-site read-only off';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION internal.refuse_when_read_only() IS 'Refuses a statement in read-only mode; runs as its owner, since Directus has no right on this schema.';

CREATE FUNCTION internal.set_read_only(wanted boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(8243101776965692537);
    INSERT INTO internal.read_only AS switch (is_on, changed_at) VALUES (wanted, now())
    ON CONFLICT (one_row) DO UPDATE SET is_on = excluded.is_on, changed_at = excluded.changed_at
    WHERE switch.is_on <> excluded.is_on;
END
$$;

COMMENT ON FUNCTION internal.set_read_only(wanted boolean) IS 'Turns the switch; waits for the changes under way, which are committed or rolled back when it returns.';

CREATE FUNCTION internal.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION internal.touch_updated_at() IS 'Keeps updated_at true, whoever makes the change.';

CREATE TABLE internal.last_visits (
    user_id uuid NOT NULL,
    visited_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE internal.last_visits IS 'When a session of a learner was opened last; nothing of what they read.';

CREATE TABLE internal.lti_invites (
    code_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT invite_code_is_sha256 CHECK ((octet_length(code_hash) = 32))
);

COMMENT ON TABLE internal.lti_invites IS 'One-time codes for dynamic registration, hashed.';

CREATE TABLE internal.lti_keys (
    kid text NOT NULL,
    sealed_key bytea NOT NULL,
    public_jwk jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    signs_from timestamp with time zone NOT NULL,
    published_until timestamp with time zone
);

COMMENT ON TABLE internal.lti_keys IS 'Our keys. The newest one whose signs_from has come signs; all are published until published_until.';

COMMENT ON COLUMN internal.lti_keys.sealed_key IS 'PKCS #8, sealed by AES-256-GCM under SECRET_KEY.';

CREATE TABLE internal.lti_logins (
    state_hash bytea NOT NULL,
    nonce_hash bytea NOT NULL,
    cookie_hash bytea NOT NULL,
    platform_id uuid NOT NULL,
    deployment_hint text,
    target_link_uri text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    token_hash bytea,
    is_cookie_bound boolean,
    CONSTRAINT state_is_sha256 CHECK ((octet_length(state_hash) = 32))
);

COMMENT ON TABLE internal.lti_logins IS 'Launches under way: state and nonce are one row, consumed once.';

COMMENT ON COLUMN internal.lti_logins.cookie_hash IS 'Hash of the cookie set at login; a launch that brings another one is refused.';

COMMENT ON COLUMN internal.lti_logins.token_hash IS 'Hash of the token that consumed it: the same one again, soon after, is a refresh.';

COMMENT ON COLUMN internal.lti_logins.is_cookie_bound IS 'Whether the launch that consumed it brought the cookie.';

CREATE TABLE internal.lti_scores (
    resource_link_id uuid NOT NULL,
    user_id uuid NOT NULL,
    line_item_url text,
    sent_given integer,
    sent_maximum integer,
    sent_timestamp timestamp with time zone,
    refused_reason text,
    refused_status integer,
    refused_answer text,
    refused_at timestamp with time zone,
    CONSTRAINT refusal_known CHECK ((refused_reason = ANY (ARRAY['answer'::text, 'conflict'::text, 'scope'::text, 'address'::text, 'given_up'::text]))),
    CONSTRAINT refused_whole CHECK ((num_nulls(refused_reason, refused_at) = ANY (ARRAY[0, 2]))),
    CONSTRAINT sent_whole CHECK ((num_nulls(line_item_url, sent_given, sent_maximum, sent_timestamp) = ANY (ARRAY[0, 4])))
);

COMMENT ON TABLE internal.lti_scores IS 'Learners who opened a placed activity to be graded, and what its gradebook column accepted or refused last.';

COMMENT ON COLUMN internal.lti_scores.line_item_url IS 'The column that accepted; when the activity has got another one, nothing is sent yet.';

COMMENT ON COLUMN internal.lti_scores.sent_timestamp IS 'Timestamp of the last score that was accepted; the next one is later by a second at least.';

COMMENT ON COLUMN internal.lti_scores.refused_reason IS 'answer: by the platform, conflict: it holds a newer score, scope: it grants no right to send, address: the column is on a foreign host, given_up: no answer for weeks.';

CREATE TABLE internal.outbox (
    id bigint NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    user_id uuid,
    platform_id uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone,
    holds_platform_until timestamp with time zone,
    error text,
    given_up_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE internal.outbox IS 'Durable jobs: queued in the transaction of what they tell about, claimed by a lease, deleted when done.';

COMMENT ON COLUMN internal.outbox.subject_id IS 'What it is about: a resource link (score), a context (roster). What is queued again meanwhile is the same job.';

COMMENT ON COLUMN internal.outbox.version IS 'Raised each time the job is queued again, so that a job done with older facts is not taken for done.';

COMMENT ON COLUMN internal.outbox.attempts IS 'How often it was claimed since it was queued.';

COMMENT ON COLUMN internal.outbox.leased_until IS 'Until when an instance works on it; when that is over, another one may.';

COMMENT ON COLUMN internal.outbox.holds_platform_until IS 'Until when no job of its platform is tried: the platform asked for it, or does not answer.';

COMMENT ON COLUMN internal.outbox.given_up_at IS 'When it was given up; queued again, it lives again.';

ALTER TABLE internal.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.read_only (
    one_row boolean DEFAULT true NOT NULL,
    is_on boolean NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT read_only_is_one_row CHECK (one_row)
);

COMMENT ON TABLE internal.read_only IS 'Whether the data stay as they are, while they move to another server; no row: they may change.';

CREATE TABLE internal.retention (
    one_row boolean DEFAULT true NOT NULL,
    ran_at timestamp with time zone NOT NULL,
    CONSTRAINT retention_is_one_row CHECK (one_row)
);

COMMENT ON TABLE internal.retention IS 'When the daily erasure of learners without activity was begun last, whichever instance did it.';

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

CREATE TABLE internal.used_tokens (
    jti_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT jti_is_sha256 CHECK ((octet_length(jti_hash) = 32))
);

COMMENT ON TABLE internal.used_tokens IS 'Iframe tokens that were used and may be used once.';

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

CREATE TABLE public.lti_contexts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    deployment_id uuid NOT NULL,
    external_id text NOT NULL,
    label text,
    title text,
    memberships_url text,
    roster_read_at timestamp with time zone,
    roster_failure text,
    roster_failed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT context_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 255)))
);

COMMENT ON TABLE public.lti_contexts IS 'Courses over there in which an activity of ours was opened.';

COMMENT ON COLUMN public.lti_contexts.external_id IS 'Its identifier over there.';

COMMENT ON COLUMN public.lti_contexts.memberships_url IS 'Where its class list is read; null when the platform gives no right to it.';

COMMENT ON COLUMN public.lti_contexts.roster_read_at IS 'When the class list was last read to its end.';

COMMENT ON COLUMN public.lti_contexts.roster_failure IS 'Why it could not be read when it was last asked for; null after a good reading.';

CREATE TABLE public.lti_deployments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    platform_id uuid NOT NULL,
    external_id text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deployment_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 255))),
    CONSTRAINT deployment_status CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text])))
);

COMMENT ON TABLE public.lti_deployments IS 'Where a platform has installed the tool; Moodle has one per registration.';

COMMENT ON COLUMN public.lti_deployments.external_id IS 'Its identifier over there.';

CREATE TABLE public.lti_memberships (
    id bigint NOT NULL,
    context_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    role_source text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    launched_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT membership_role CHECK ((role = ANY (ARRAY['learner'::text, 'teacher'::text, 'assistant'::text, 'observer'::text, 'test_learner'::text, 'visitor'::text]))),
    CONSTRAINT membership_role_source CHECK ((role_source = ANY (ARRAY['launch'::text, 'roster'::text])))
);

COMMENT ON TABLE public.lti_memberships IS 'Who belongs to a course over there, and as what.';

COMMENT ON COLUMN public.lti_memberships.role_source IS 'A role told by a launch is not changed by the class list, which may tell a lower one.';

COMMENT ON COLUMN public.lti_memberships.is_active IS 'Whether the class list last named them as active.';

COMMENT ON COLUMN public.lti_memberships.launched_at IS 'When they last opened an activity; null when they never came.';

ALTER TABLE public.lti_memberships ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.lti_memberships_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lti_platforms (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    authorization_url text NOT NULL,
    token_url text NOT NULL,
    jwks_url text NOT NULL,
    token_audience text,
    service_hosts text,
    product text,
    status text DEFAULT 'pending'::text NOT NULL,
    accepts_new_deployments boolean DEFAULT false NOT NULL,
    grade_policy text DEFAULT 'progressive'::text NOT NULL,
    lowers_grades boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT client_id_length CHECK (((char_length(client_id) >= 1) AND (char_length(client_id) <= 255))),
    CONSTRAINT grade_policy_known CHECK ((grade_policy = ANY (ARRAY['progressive'::text, 'only_when_complete'::text]))),
    CONSTRAINT issuer_length CHECK (((char_length(issuer) >= 1) AND (char_length(issuer) <= 2000))),
    CONSTRAINT platform_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT platform_status CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'suspended'::text])))
);

COMMENT ON TABLE public.lti_platforms IS 'Platforms that may open the course by LTI 1.3, one row per registration (issuer and client id).';

COMMENT ON COLUMN public.lti_platforms.token_audience IS 'Audience of our client assertions; null means token_url.';

COMMENT ON COLUMN public.lti_platforms.service_hosts IS 'Further hosts, separated by blanks, on which its services may live; null means those of its own addresses.';

COMMENT ON COLUMN public.lti_platforms.product IS 'What it says it is, such as moodle.';

COMMENT ON COLUMN public.lti_platforms.status IS 'pending until an admin approves it; a suspended platform opens nothing.';

COMMENT ON COLUMN public.lti_platforms.accepts_new_deployments IS 'Whether an unknown deployment is approved by itself.';

COMMENT ON COLUMN public.lti_platforms.grade_policy IS 'progressive sends each completion, only_when_complete the last one of the activity.';

COMMENT ON COLUMN public.lti_platforms.lowers_grades IS 'Whether a completion that is taken back lowers the grade.';

CREATE TABLE public.lti_resource_links (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    deployment_id uuid NOT NULL,
    context_id uuid,
    external_id text NOT NULL,
    title text,
    scope text NOT NULL,
    scope_id text,
    line_item_url text,
    can_read_results boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT resource_link_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 255))),
    CONSTRAINT scope_id_unless_course CHECK (((scope = 'course'::text) = (scope_id IS NULL))),
    CONSTRAINT scope_kind CHECK ((scope = ANY (ARRAY['course'::text, 'module'::text, 'sequence'::text, 'grain'::text])))
);

COMMENT ON TABLE public.lti_resource_links IS 'Activities placed in a course over there, and the part of our course that each one opens.';

COMMENT ON COLUMN public.lti_resource_links.external_id IS 'Its identifier over there.';

COMMENT ON COLUMN public.lti_resource_links.scope IS 'What it opens: the course, a module, a sequence or a grain.';

COMMENT ON COLUMN public.lti_resource_links.scope_id IS 'Which one; null for the course.';

COMMENT ON COLUMN public.lti_resource_links.line_item_url IS 'The gradebook column that takes its scores; null when grades are not enabled.';

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
    family_name text,
    CONSTRAINT email_length CHECK ((char_length(email) <= 320)),
    CONSTRAINT family_name_length CHECK ((char_length(family_name) <= 255)),
    CONSTRAINT moodle_user_id_length CHECK (((char_length(moodle_user_id) >= 1) AND (char_length(moodle_user_id) <= 255))),
    CONSTRAINT name_length CHECK ((char_length(name) <= 255))
);

COMMENT ON TABLE public.users IS 'Learners: one row per person and platform.';

COMMENT ON COLUMN public.users.platform_id IS 'Which Moodle; null for profiles made without one.';

COMMENT ON COLUMN public.users.moodle_user_id IS 'Their identifier over there.';

COMMENT ON COLUMN public.users.family_name IS 'The part of the name by which a class is sorted; null when the platform does not tell it.';

ALTER TABLE ONLY internal.outbox
    ADD CONSTRAINT job_once UNIQUE NULLS NOT DISTINCT (kind, subject_id, user_id);

ALTER TABLE ONLY internal.last_visits
    ADD CONSTRAINT last_visits_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY internal.lti_invites
    ADD CONSTRAINT lti_invites_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY internal.lti_keys
    ADD CONSTRAINT lti_keys_pkey PRIMARY KEY (kid);

ALTER TABLE ONLY internal.lti_logins
    ADD CONSTRAINT lti_logins_pkey PRIMARY KEY (state_hash);

ALTER TABLE ONLY internal.lti_scores
    ADD CONSTRAINT lti_scores_pkey PRIMARY KEY (resource_link_id, user_id);

ALTER TABLE ONLY internal.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.read_only
    ADD CONSTRAINT read_only_pkey PRIMARY KEY (one_row);

ALTER TABLE ONLY internal.retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (one_row);

ALTER TABLE ONLY internal.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY internal.used_tokens
    ADD CONSTRAINT used_tokens_pkey PRIMARY KEY (jti_hash);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT completion_once_per_grain UNIQUE (user_id, grain_id) INCLUDE (completed_at);

ALTER TABLE ONLY public.lti_contexts
    ADD CONSTRAINT context_once_per_deployment UNIQUE (deployment_id, external_id);

ALTER TABLE ONLY public.lti_deployments
    ADD CONSTRAINT deployment_once_per_platform UNIQUE (platform_id, external_id);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grain_place UNIQUE (id, module_id, sequence_id);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT learner_once_per_platform UNIQUE NULLS NOT DISTINCT (platform_id, moodle_user_id);

ALTER TABLE ONLY public.lti_contexts
    ADD CONSTRAINT lti_contexts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_deployments
    ADD CONSTRAINT lti_deployments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_memberships
    ADD CONSTRAINT lti_memberships_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_platforms
    ADD CONSTRAINT lti_platforms_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_resource_links
    ADD CONSTRAINT lti_resource_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_memberships
    ADD CONSTRAINT membership_once_per_context UNIQUE (context_id, user_id);

ALTER TABLE ONLY public.modules
    ADD CONSTRAINT modules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_platforms
    ADD CONSTRAINT platform_once UNIQUE (issuer, client_id);

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT progress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lti_resource_links
    ADD CONSTRAINT resource_link_once_per_deployment UNIQUE (deployment_id, external_id);

ALTER TABLE ONLY public.sequences
    ADD CONSTRAINT sequences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX lti_logins_expires_at_idx ON internal.lti_logins USING btree (expires_at);

CREATE INDEX lti_logins_platform_id_idx ON internal.lti_logins USING btree (platform_id);

CREATE INDEX lti_scores_user_id_idx ON internal.lti_scores USING btree (user_id);

CREATE INDEX outbox_due_at_idx ON internal.outbox USING btree (due_at) WHERE (given_up_at IS NULL);

CREATE INDEX outbox_platform_id_idx ON internal.outbox USING btree (platform_id);

CREATE INDEX outbox_user_id_idx ON internal.outbox USING btree (user_id);

CREATE INDEX sessions_expires_at_idx ON internal.sessions USING btree (expires_at);

CREATE INDEX sessions_user_id_idx ON internal.sessions USING btree (user_id);

CREATE INDEX used_tokens_expires_at_idx ON internal.used_tokens USING btree (expires_at);

CREATE INDEX grains_module_id_idx ON public.grains USING btree (module_id);

CREATE INDEX grains_sequence_id_idx ON public.grains USING btree (sequence_id);

CREATE INDEX lti_memberships_user_id_idx ON public.lti_memberships USING btree (user_id);

CREATE INDEX lti_resource_links_context_id_idx ON public.lti_resource_links USING btree (context_id);

CREATE INDEX progress_completed_at_idx ON public.progress USING btree (completed_at);

CREATE INDEX progress_grain_id_idx ON public.progress USING btree (grain_id);

CREATE INDEX sequences_module_id_idx ON public.sequences USING btree (module_id);

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON internal.lti_invites FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON internal.lti_keys FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER lti_contexts_touch_updated_at BEFORE UPDATE ON public.lti_contexts FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER lti_memberships_touch_updated_at BEFORE UPDATE ON public.lti_memberships FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER lti_platforms_touch_updated_at BEFORE UPDATE ON public.lti_platforms FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER lti_resource_links_touch_updated_at BEFORE UPDATE ON public.lti_resource_links FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.lti_contexts FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.lti_deployments FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.lti_memberships FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.lti_platforms FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.lti_resource_links FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.progress FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER refuse_when_read_only BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.users FOR EACH STATEMENT WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION internal.refuse_when_read_only();

CREATE TRIGGER users_touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION internal.touch_updated_at();

ALTER TABLE ONLY internal.last_visits
    ADD CONSTRAINT last_visits_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.lti_logins
    ADD CONSTRAINT lti_logins_platform_id_fkey FOREIGN KEY (platform_id) REFERENCES public.lti_platforms(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.lti_scores
    ADD CONSTRAINT lti_scores_resource_link_id_fkey FOREIGN KEY (resource_link_id) REFERENCES public.lti_resource_links(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.lti_scores
    ADD CONSTRAINT lti_scores_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.outbox
    ADD CONSTRAINT outbox_platform_id_fkey FOREIGN KEY (platform_id) REFERENCES public.lti_platforms(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.outbox
    ADD CONSTRAINT outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.progress
    ADD CONSTRAINT completion_in_its_place FOREIGN KEY (grain_id, module_id, sequence_id) REFERENCES public.grains(id, module_id, sequence_id) ON UPDATE CASCADE;

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_module_id_fkey FOREIGN KEY (module_id) REFERENCES public.modules(id);

ALTER TABLE ONLY public.grains
    ADD CONSTRAINT grains_sequence_id_fkey FOREIGN KEY (sequence_id) REFERENCES public.sequences(id);

ALTER TABLE ONLY public.lti_contexts
    ADD CONSTRAINT lti_contexts_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES public.lti_deployments(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lti_deployments
    ADD CONSTRAINT lti_deployments_platform_id_fkey FOREIGN KEY (platform_id) REFERENCES public.lti_platforms(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lti_memberships
    ADD CONSTRAINT lti_memberships_context_id_fkey FOREIGN KEY (context_id) REFERENCES public.lti_contexts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lti_memberships
    ADD CONSTRAINT lti_memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lti_resource_links
    ADD CONSTRAINT lti_resource_links_context_id_fkey FOREIGN KEY (context_id) REFERENCES public.lti_contexts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lti_resource_links
    ADD CONSTRAINT lti_resource_links_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES public.lti_deployments(id) ON DELETE CASCADE;

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

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_platform_id_fkey FOREIGN KEY (platform_id) REFERENCES public.lti_platforms(id);

-- What the program would note: it takes the schema for its own, and applies nothing twice.
CREATE TABLE public._sqlx_migrations (
    version bigint PRIMARY KEY,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

INSERT INTO public._sqlx_migrations (version, description, success, checksum, execution_time) VALUES
    (20261122120000, 'course and progress', true, '\xa2a889706d44a9d5a4b9d167c752d75450e154fef949f715eea9616f6fa6e734062f007961b2fa91bdb7cd73ef2c72ae', 0),
    (20261125000000, 'lti', true, '\x3f879a6af4cf9bbdb06a3db5393e034cd05a702f16263c63628b46505adf64ff66397c2a1c4244a8398947da141d8f58', 0),
    (20261125100000, 'read only', true, '\x64569d507f0fa21aaf37d07d24b6f25da5836c98712021a926a4500ff96a581bd9ef5c90aa28e78a13f640a5c8d181c3', 0),
    (20261125200000, 'retention', true, '\x3fc3414c426e72fd284bd93a36ec115a2fe7144c87c4d025faedb49fc44edacbb5ad042046c87f4e6e16cfbb07514531', 0),
    (20261125300000, 'family name', true, '\xbda525ff7e5a468380a8abba16463dff3f9b29863ebe75d7c85ee1e564b92897e6b3cdff1ae0333d8fe5e6423d254940', 0),
    (20261129000000, 'lean refusal', true, '\xaddd477630a0d74a9bc74d317f56da67e715ec9d9197a9c8714eaaf4396001c417dce1ead0f832dbf5fe3e52c4227316', 0);
