-- When a learner came last, and when those without activity were erased last: what the site needs
-- to know to keep nobody's data longer than it says.

CREATE TABLE internal.last_visits (
    user_id    uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    visited_at timestamptz NOT NULL
);
COMMENT ON TABLE internal.last_visits IS 'When a session of a learner was opened last; nothing of what they read.';

CREATE TABLE internal.retention (
    one_row boolean     PRIMARY KEY DEFAULT true CONSTRAINT retention_is_one_row CHECK (one_row),
    ran_at  timestamptz NOT NULL
);
COMMENT ON TABLE internal.retention IS 'When the daily erasure of learners without activity was begun last, whichever instance did it.';

-- What counts as activity is said once, for the count of a dry run and for the erasure alike. A change
-- of name by a class list or an admin is none.
CREATE FUNCTION internal.list_inactive_learners(since timestamptz, moment timestamptz)
RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT id FROM users AS learner
    WHERE created_at < since
      AND NOT EXISTS (SELECT FROM progress WHERE user_id = learner.id AND completed_at >= since)
      AND NOT EXISTS (SELECT FROM lti_memberships WHERE user_id = learner.id AND launched_at >= since)
      AND NOT EXISTS (SELECT FROM internal.last_visits WHERE user_id = learner.id AND visited_at >= since)
      AND NOT EXISTS (SELECT FROM internal.sessions WHERE user_id = learner.id AND expires_at > moment);
END
$$;
COMMENT ON FUNCTION internal.list_inactive_learners IS 'Learners who were made, came last, and finished a grain last before since, and have no session open at moment.';
