-- A term in the life of a course: who came, what they finished, who stopped. Invented people.
INSERT INTO lti_platforms (name, issuer, client_id, authorization_url, token_url, jwks_url, product, status) VALUES
    ('Moodle de l’université', 'https://moodle.example.org', 'Xk3vT9', 'https://moodle.example.org/mod/lti/auth.php',
     'https://moodle.example.org/mod/lti/token.php', 'https://moodle.example.org/mod/lti/certs.php', 'moodle', 'approved'),
    ('Moodle du laboratoire', 'https://labo.example.org', 'p0Qd2a', 'https://labo.example.org/mod/lti/auth.php',
     'https://labo.example.org/mod/lti/token.php', 'https://labo.example.org/mod/lti/certs.php', 'moodle', 'pending');

INSERT INTO lti_deployments (platform_id, external_id, status)
SELECT id, '1', CASE status WHEN 'approved' THEN 'approved' ELSE 'pending' END FROM lti_platforms;

INSERT INTO lti_contexts (deployment_id, external_id, label, title)
SELECT lti_deployments.id, '12', 'INNO-L3', 'Innover à l’université, L3'
FROM lti_deployments JOIN lti_platforms ON lti_platforms.id = platform_id WHERE name = 'Moodle de l’université';

INSERT INTO lti_resource_links (deployment_id, context_id, external_id, title, scope, scope_id)
SELECT deployment_id, lti_contexts.id, number, activity, scope, scope_id FROM lti_contexts, (VALUES
    ('31', 'Le cours entier', 'course', NULL), ('32', 'Module 2', 'module', 'module2')) AS placed (number, activity, scope, scope_id);

-- `done` grains, the last one `days` days ago.
WITH people (name, email, number, done, days) AS (VALUES
    ('Élodie Lefèvre', 'elodie.lefevre@example.org', '1042', 3, 0), ('Camille Durand', 'camille.durand@example.org', '1043', 29, 2),
    ('Amine Benali', 'amine.benali@example.org', '1044', 12, 1), ('Jeanne Moreau-Petit', NULL, '1045', 7, 20),
    ('Nour El Amrani', 'nour.elamrani@example.org', '1046', 18, 0), ('Lucas Garnier', 'lucas.garnier@example.org', '1047', 2, 26),
    ('Inès Caron', 'ines.caron@example.org', '1048', 22, 3), ('Théo Lambert', NULL, '1049', 0, 0),
    ('Sofia Rossi', 'sofia.rossi@example.org', '1050', 9, 5), (NULL, NULL, '1051', 5, 1)
), learners AS (
    INSERT INTO users (platform_id, moodle_user_id, name, email, created_at)
    SELECT lti_platforms.id, number, people.name, email, now() - interval '31 days'
    FROM people, lti_platforms WHERE lti_platforms.name = 'Moodle de l’université'
    RETURNING id, moodle_user_id
), members AS (
    INSERT INTO lti_memberships (context_id, user_id, role, role_source, launched_at)
    SELECT lti_contexts.id, learners.id, 'learner', 'launch', CASE WHEN done > 0 THEN now() - days * interval '1 day' END
    FROM learners JOIN people ON number = moodle_user_id, lti_contexts
)
INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
SELECT learners.id, grains.id, module_id, sequence_id,
       now() - days * interval '1 day' - (done - position) * (29 - days) * interval '1 day' / done - position * interval '7 minutes'
FROM learners JOIN people ON number = moodle_user_id
JOIN grains ON position <= done AND retired_at IS NULL;
