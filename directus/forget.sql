-- Ce que Directus garde, dans ses propres tables, de personnes effacées ou d’anciennes valeurs de nos fiches.
--
-- À jouer au nom du rôle « directus » :  bin/directus forget
-- Rejouable. Ne touche à aucune table du site, ni à l’historique de Directus (directus_activity), qui ne
-- dit que des identifiants techniques et se purge de lui-même (RETENTION_ENABLED).

BEGIN;

-- 1. Les révisions : des copies de fiches, noms et adresses compris, écrites si la configuration n’était pas
--    encore appliquée, ou si quelqu’un a remis le suivi complet.
UPDATE directus.directus_revisions SET parent = NULL
WHERE parent IN (SELECT id FROM directus.directus_revisions WHERE collection IN ('users', 'progress', 'lti_memberships'));

WITH gone AS (
    DELETE FROM directus.directus_revisions WHERE collection IN ('users', 'progress', 'lti_memberships') RETURNING 1
)
SELECT count(*) AS revisions FROM gone \gset

-- 2. Les commentaires, et les notifications qui les citent, d’une fiche qui n’existe plus.
WITH gone AS (
    DELETE FROM directus.directus_comments AS comment
    WHERE collection = 'users' AND NOT EXISTS (SELECT FROM users WHERE id::text = comment.item)
       OR collection = 'progress' AND NOT EXISTS (SELECT FROM progress WHERE id = CASE WHEN comment.item ~ '^[0-9]{1,18}$' THEN comment.item::bigint END)
       OR collection = 'lti_memberships' AND NOT EXISTS (SELECT FROM lti_memberships WHERE id::text = comment.item)
    RETURNING 1
)
SELECT count(*) AS comments FROM gone \gset

WITH gone AS (
    DELETE FROM directus.directus_notifications AS notification
    WHERE collection = 'users' AND NOT EXISTS (SELECT FROM users WHERE id::text = notification.item)
       OR collection = 'progress' AND NOT EXISTS (SELECT FROM progress WHERE id = CASE WHEN notification.item ~ '^[0-9]{1,18}$' THEN notification.item::bigint END)
       OR collection = 'lti_memberships' AND NOT EXISTS (SELECT FROM lti_memberships WHERE id::text = notification.item)
    RETURNING 1
)
SELECT count(*) AS notifications FROM gone \gset

COMMIT;

\echo 'Effacé :' :revisions 'révision(s),' :comments 'commentaire(s),' :notifications 'notification(s).'
