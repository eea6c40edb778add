-- Platforms (Moodle) and what they tell us: deployments, courses over there, placed activities,
-- who belongs to a class. What nobody should browse (logins, keys, invitations, jobs) is internal.

CREATE TABLE lti_platforms (
    id                      uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name                    text        NOT NULL CONSTRAINT platform_name_length CHECK (char_length(name) BETWEEN 1 AND 255),
    issuer                  text        NOT NULL CONSTRAINT issuer_length CHECK (char_length(issuer) BETWEEN 1 AND 2000),
    client_id               text        NOT NULL CONSTRAINT client_id_length CHECK (char_length(client_id) BETWEEN 1 AND 255),
    authorization_url       text        NOT NULL,
    token_url               text        NOT NULL,
    jwks_url                text        NOT NULL,
    token_audience          text,
    service_hosts           text,
    product                 text,
    status                  text        NOT NULL DEFAULT 'pending'
                                        CONSTRAINT platform_status CHECK (status IN ('pending', 'approved', 'suspended')),
    accepts_new_deployments boolean     NOT NULL DEFAULT false,
    grade_policy            text        NOT NULL DEFAULT 'progressive'
                                        CONSTRAINT grade_policy_known CHECK (grade_policy IN ('progressive', 'only_when_complete')),
    lowers_grades           boolean     NOT NULL DEFAULT false,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT platform_once UNIQUE (issuer, client_id)
);
COMMENT ON TABLE lti_platforms IS 'Platforms that may open the course by LTI 1.3, one row per registration (issuer and client id).';
COMMENT ON COLUMN lti_platforms.token_audience IS 'Audience of our client assertions; null means token_url.';
COMMENT ON COLUMN lti_platforms.service_hosts IS 'Further hosts, separated by blanks, on which its services may live; null means those of its own addresses.';
COMMENT ON COLUMN lti_platforms.product IS 'What it says it is, such as moodle.';
COMMENT ON COLUMN lti_platforms.status IS 'pending until an admin approves it; a suspended platform opens nothing.';
COMMENT ON COLUMN lti_platforms.accepts_new_deployments IS 'Whether an unknown deployment is approved by itself.';
COMMENT ON COLUMN lti_platforms.grade_policy IS 'progressive sends each completion, only_when_complete the last one of the activity.';
COMMENT ON COLUMN lti_platforms.lowers_grades IS 'Whether a completion that is taken back lowers the grade.';
CREATE TRIGGER lti_platforms_touch_updated_at BEFORE UPDATE ON lti_platforms
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION internal.touch_updated_at();

-- No cascade: a platform that has learners is suspended, not deleted.
ALTER TABLE users ADD CONSTRAINT users_platform_id_fkey FOREIGN KEY (platform_id) REFERENCES lti_platforms (id);

CREATE TABLE lti_deployments (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    platform_id uuid        NOT NULL REFERENCES lti_platforms (id) ON DELETE CASCADE,
    external_id text        NOT NULL CONSTRAINT deployment_external_id_length CHECK (char_length(external_id) BETWEEN 1 AND 255),
    status      text        NOT NULL DEFAULT 'pending' CONSTRAINT deployment_status CHECK (status IN ('pending', 'approved')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deployment_once_per_platform UNIQUE (platform_id, external_id)
);
COMMENT ON TABLE lti_deployments IS 'Where a platform has installed the tool; Moodle has one per registration.';
COMMENT ON COLUMN lti_deployments.external_id IS 'Its identifier over there.';

CREATE TABLE lti_contexts (
    id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    deployment_id   uuid        NOT NULL REFERENCES lti_deployments (id) ON DELETE CASCADE,
    external_id     text        NOT NULL CONSTRAINT context_external_id_length CHECK (char_length(external_id) BETWEEN 1 AND 255),
    label           text,
    title           text,
    memberships_url text,
    roster_read_at  timestamptz,
    roster_failure  text,
    roster_failed_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT context_once_per_deployment UNIQUE (deployment_id, external_id)
);
COMMENT ON TABLE lti_contexts IS 'Courses over there in which an activity of ours was opened.';
COMMENT ON COLUMN lti_contexts.external_id IS 'Its identifier over there.';
COMMENT ON COLUMN lti_contexts.memberships_url IS 'Where its class list is read; null when the platform gives no right to it.';
COMMENT ON COLUMN lti_contexts.roster_read_at IS 'When the class list was last read to its end.';
COMMENT ON COLUMN lti_contexts.roster_failure IS 'Why it could not be read when it was last asked for; null after a good reading.';
CREATE TRIGGER lti_contexts_touch_updated_at BEFORE UPDATE ON lti_contexts
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TABLE lti_resource_links (
    id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    deployment_id   uuid        NOT NULL REFERENCES lti_deployments (id) ON DELETE CASCADE,
    context_id      uuid        REFERENCES lti_contexts (id) ON DELETE CASCADE,
    external_id     text        NOT NULL CONSTRAINT resource_link_external_id_length CHECK (char_length(external_id) BETWEEN 1 AND 255),
    title           text,
    scope           text        NOT NULL CONSTRAINT scope_kind CHECK (scope IN ('course', 'module', 'sequence', 'grain')),
    scope_id        text,
    line_item_url   text,
    can_read_results boolean    NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT resource_link_once_per_deployment UNIQUE (deployment_id, external_id),
    CONSTRAINT scope_id_unless_course CHECK ((scope = 'course') = (scope_id IS NULL))
);
CREATE INDEX lti_resource_links_context_id_idx ON lti_resource_links (context_id);
COMMENT ON TABLE lti_resource_links IS 'Activities placed in a course over there, and the part of our course that each one opens.';
COMMENT ON COLUMN lti_resource_links.external_id IS 'Its identifier over there.';
COMMENT ON COLUMN lti_resource_links.scope IS 'What it opens: the course, a module, a sequence or a grain.';
COMMENT ON COLUMN lti_resource_links.scope_id IS 'Which one; null for the course.';
COMMENT ON COLUMN lti_resource_links.line_item_url IS 'The gradebook column that takes its scores; null when grades are not enabled.';
CREATE TRIGGER lti_resource_links_touch_updated_at BEFORE UPDATE ON lti_resource_links
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TABLE lti_memberships (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    context_id  uuid        NOT NULL REFERENCES lti_contexts (id) ON DELETE CASCADE,
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role        text        NOT NULL CONSTRAINT membership_role
                            CHECK (role IN ('learner', 'teacher', 'assistant', 'observer', 'test_learner', 'visitor')),
    role_source text        NOT NULL CONSTRAINT membership_role_source CHECK (role_source IN ('launch', 'roster')),
    is_active   boolean     NOT NULL DEFAULT true,
    launched_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT membership_once_per_context UNIQUE (context_id, user_id)
);
CREATE INDEX lti_memberships_user_id_idx ON lti_memberships (user_id);
COMMENT ON TABLE lti_memberships IS 'Who belongs to a course over there, and as what.';
COMMENT ON COLUMN lti_memberships.role_source IS 'A role told by a launch is not changed by the class list, which may tell a lower one.';
COMMENT ON COLUMN lti_memberships.is_active IS 'Whether the class list last named them as active.';
COMMENT ON COLUMN lti_memberships.launched_at IS 'When they last opened an activity; null when they never came.';
CREATE TRIGGER lti_memberships_touch_updated_at BEFORE UPDATE ON lti_memberships
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION internal.touch_updated_at();

CREATE TABLE internal.lti_logins (
    state_hash      bytea       PRIMARY KEY CONSTRAINT state_is_sha256 CHECK (octet_length(state_hash) = 32),
    nonce_hash      bytea       NOT NULL,
    cookie_hash     bytea       NOT NULL,
    platform_id     uuid        NOT NULL REFERENCES lti_platforms (id) ON DELETE CASCADE,
    deployment_hint text,
    target_link_uri text        NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    consumed_at     timestamptz,
    token_hash      bytea,
    is_cookie_bound boolean
);
CREATE INDEX lti_logins_platform_id_idx ON internal.lti_logins (platform_id);
CREATE INDEX lti_logins_expires_at_idx ON internal.lti_logins (expires_at);
COMMENT ON TABLE internal.lti_logins IS 'Launches under way: state and nonce are one row, consumed once.';
COMMENT ON COLUMN internal.lti_logins.cookie_hash IS 'Hash of the cookie set at login; a launch that brings another one is refused.';
COMMENT ON COLUMN internal.lti_logins.token_hash IS 'Hash of the token that consumed it: the same one again, soon after, is a refresh.';
COMMENT ON COLUMN internal.lti_logins.is_cookie_bound IS 'Whether the launch that consumed it brought the cookie.';

CREATE TABLE internal.lti_keys (
    kid             text        PRIMARY KEY,
    sealed_key      bytea       NOT NULL,
    public_jwk      jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    signs_from      timestamptz NOT NULL,
    published_until timestamptz
);
COMMENT ON TABLE internal.lti_keys IS 'Our keys. The newest one whose signs_from has come signs; all are published until published_until.';
COMMENT ON COLUMN internal.lti_keys.sealed_key IS 'PKCS #8, sealed by AES-256-GCM under SECRET_KEY.';

CREATE TABLE internal.lti_invites (
    code_hash   bytea       PRIMARY KEY CONSTRAINT invite_code_is_sha256 CHECK (octet_length(code_hash) = 32),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
COMMENT ON TABLE internal.lti_invites IS 'One-time codes for dynamic registration, hashed.';

CREATE TABLE internal.lti_scores (
    resource_link_id uuid        NOT NULL REFERENCES lti_resource_links (id) ON DELETE CASCADE,
    user_id          uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    line_item_url    text,
    sent_given       integer,
    sent_maximum     integer,
    sent_timestamp   timestamptz,
    refused_reason   text        CONSTRAINT refusal_known
                                 CHECK (refused_reason IN ('answer', 'conflict', 'scope', 'address', 'given_up')),
    refused_status   integer,
    refused_answer   text,
    refused_at       timestamptz,
    PRIMARY KEY (resource_link_id, user_id),
    CONSTRAINT sent_whole CHECK (num_nulls(line_item_url, sent_given, sent_maximum, sent_timestamp) IN (0, 4)),
    CONSTRAINT refused_whole CHECK (num_nulls(refused_reason, refused_at) IN (0, 2))
);
CREATE INDEX lti_scores_user_id_idx ON internal.lti_scores (user_id);
COMMENT ON TABLE internal.lti_scores IS 'Learners who opened a placed activity to be graded, and what its gradebook column accepted or refused last.';
COMMENT ON COLUMN internal.lti_scores.line_item_url IS 'The column that accepted; when the activity has got another one, nothing is sent yet.';
COMMENT ON COLUMN internal.lti_scores.sent_timestamp IS 'Timestamp of the last score that was accepted; the next one is later by a second at least.';
COMMENT ON COLUMN internal.lti_scores.refused_reason IS 'answer: by the platform, conflict: it holds a newer score, scope: it grants no right to send, address: the column is on a foreign host, given_up: no answer for weeks.';

CREATE TABLE internal.outbox (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text        NOT NULL,
    subject_id   uuid        NOT NULL,
    user_id      uuid        REFERENCES users (id) ON DELETE CASCADE,
    platform_id  uuid        NOT NULL REFERENCES lti_platforms (id) ON DELETE CASCADE,
    version      integer     NOT NULL DEFAULT 1,
    attempts     integer     NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL,
    leased_until timestamptz,
    holds_platform_until timestamptz,
    error        text,
    given_up_at  timestamptz,
    created_at   timestamptz NOT NULL,
    CONSTRAINT job_once UNIQUE NULLS NOT DISTINCT (kind, subject_id, user_id)
);
CREATE INDEX outbox_due_at_idx ON internal.outbox (due_at) WHERE given_up_at IS NULL;
CREATE INDEX outbox_platform_id_idx ON internal.outbox (platform_id);
CREATE INDEX outbox_user_id_idx ON internal.outbox (user_id);
COMMENT ON TABLE internal.outbox IS 'Durable jobs: queued in the transaction of what they tell about, claimed by a lease, deleted when done.';
COMMENT ON COLUMN internal.outbox.subject_id IS 'What it is about: a resource link (score), a context (roster). What is queued again meanwhile is the same job.';
COMMENT ON COLUMN internal.outbox.version IS 'Raised each time the job is queued again, so that a job done with older facts is not taken for done.';
COMMENT ON COLUMN internal.outbox.attempts IS 'How often it was claimed since it was queued.';
COMMENT ON COLUMN internal.outbox.leased_until IS 'Until when an instance works on it; when that is over, another one may.';
COMMENT ON COLUMN internal.outbox.holds_platform_until IS 'Until when no job of its platform is tried: the platform asked for it, or does not answer.';
COMMENT ON COLUMN internal.outbox.given_up_at IS 'When it was given up; queued again, it lives again.';

-- A function, so that the statement that writes a completion stays one round trip and costs next to
-- nothing where nobody is graded.
CREATE FUNCTION internal.queue_scores(learner uuid, grain text, module text, sequence text, moment timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION internal.queue_scores IS 'Queues the scores that change when a learner finishes a grain or takes it back; returns how many they are.';

CREATE TABLE internal.used_tokens (
    jti_hash   bytea       PRIMARY KEY CONSTRAINT jti_is_sha256 CHECK (octet_length(jti_hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_tokens_expires_at_idx ON internal.used_tokens (expires_at);
COMMENT ON TABLE internal.used_tokens IS 'Iframe tokens that were used and may be used once.';
