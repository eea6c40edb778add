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
WITH written AS (
    SELECT collection, item FROM directus.directus_comments
    UNION SELECT collection, item FROM directus.directus_notifications
), gone AS (
    SELECT collection, item FROM written
    WHERE collection = 'users' AND NOT EXISTS (SELECT FROM users WHERE id::text = item)
       OR collection = 'lti_memberships' AND NOT EXISTS (SELECT FROM lti_memberships WHERE id::text = item)
       -- Par son index : la table a des millions de lignes.
       OR collection = 'progress' AND NOT EXISTS (SELECT FROM progress WHERE id = CASE WHEN item ~ '^[0-9]{1,18}$' THEN item::bigint END)
), comments AS (
    DELETE FROM directus.directus_comments WHERE (collection, item) IN (SELECT collection, item FROM gone) RETURNING 1
), notifications AS (
    DELETE FROM directus.directus_notifications WHERE (collection, item) IN (SELECT collection, item FROM gone) RETURNING 1
)
SELECT (SELECT count(*) FROM comments) AS comments, (SELECT count(*) FROM notifications) AS notifications \gset

COMMIT;

\echo 'Effacé :' :revisions 'révision(s),' :comments 'commentaire(s),' :notifications 'notification(s).'
