-- Takes the platforms away; learners keep the number of theirs, so that none of them meet.

DROP FUNCTION internal.queue_scores;
DROP TABLE internal.used_tokens, internal.outbox, internal.lti_scores, internal.lti_invites, internal.lti_keys,
    internal.lti_logins;
DROP TABLE lti_memberships, lti_resource_links, lti_contexts, lti_deployments;
ALTER TABLE users DROP CONSTRAINT users_platform_id_fkey;
DROP TABLE lti_platforms;
