-- Le rôle PostgreSQL de Directus : un invité dans notre base, propriétaire de rien chez nous.
--
-- À jouer par le propriétaire de la base, après les migrations :  bin/directus role
-- Rejouable : ce fichier retire d’abord tout ce que le rôle avait, puis donne ce qui suit, rien de plus.
-- À rejouer quand une migration ajoute une table que Directus doit montrer (un test le rappelle).
--
-- Pourquoi un rôle à part ?  Dans Directus, « supprimer la collection » exécute un DROP TABLE et « supprimer
-- le champ » un DROP COLUMN. Seul le propriétaire d’une table peut cela ; ce rôle ne l’est d’aucune des nôtres,
-- donc PostgreSQL refuse, quoi qu’on clique. Il n’a pas non plus le moindre droit sur « internal »
-- (sessions, clés, envois en attente).

BEGIN;

-- 1. Le rôle. Un compte ordinaire n’en crée pas : créez d’abord « directus » en administrateur de PostgreSQL
--    (createuser --pwprompt directus), ou dans la console d’une base gérée (Scaleway).
--    Deux exécutions au même instant ne se gênent pas.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'directus') THEN
        CREATE ROLE directus LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'this account may not create roles: create the user « directus » first (createuser --pwprompt directus as the administrator of PostgreSQL, or the console of a managed database), then start again';
END
$$;

-- 2. Son schéma : les tables directus_* y vont (DB_SEARCH_PATH=array:directus,public), jamais dans « public ».
CREATE SCHEMA IF NOT EXISTS directus;
COMMENT ON SCHEMA directus IS 'Tables that Directus makes and owns. Nothing of the site stands here.';
GRANT USAGE, CREATE ON SCHEMA directus TO directus;

-- 3. Table rase dans « public », et rien dans « internal ».
REVOKE ALL ON ALL TABLES IN SCHEMA public, internal FROM directus;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public, internal FROM directus;
REVOKE ALL ON SCHEMA internal FROM directus;
GRANT USAGE ON SCHEMA public TO directus;

-- 4. Lire : les tables que les administrateurs voient, une par une.
GRANT SELECT ON users, progress TO directus;
GRANT SELECT ON modules, sequences, grains TO directus;
GRANT SELECT ON lti_platforms, lti_deployments, lti_contexts, lti_resource_links, lti_memberships TO directus;

-- 5. Écrire : colonne par colonne, seulement ce qu’un administrateur a à faire.
--    Corriger un nom ou une adresse, inscrire quelqu’un à la main, effacer une personne. L’effacement emporte
--    sa progression, ses inscriptions, ses sessions et ses envois en attente : les clés étrangères en cascade
--    s’exécutent au nom du propriétaire des tables, le rôle n’a donc besoin d’aucun droit sur « internal ».
GRANT INSERT (platform_id, moodle_user_id, email, name, family_name), UPDATE (email, name, family_name), DELETE ON users TO directus;

--    Ajouter ou retirer un grain terminé. Une date fausse se corrige en retirant la ligne puis en la reposant.
GRANT INSERT (user_id, grain_id, module_id, sequence_id, completed_at), DELETE ON progress TO directus;

--    Accepter ou suspendre une plateforme, changer son nom et la politique de ses notes. Pas ses adresses :
--    qui les changerait se ferait passer pour n’importe quel apprenant (mini-site lti add, suspend).
GRANT UPDATE (name, status, accepts_new_deployments, grade_policy, lowers_grades) ON lti_platforms TO directus;
GRANT UPDATE (status) ON lti_deployments TO directus;

--    Le catalogue (modules, séquences, grains) vient des fichiers du cours : rien à écrire.

-- 6. On vérifie : un droit venu d’ailleurs (PUBLIC, un rôle hérité) annule tout ce qui précède.
DO $$
DECLARE
    fault text;
BEGIN
    SELECT string_agg(what, '; ') INTO fault FROM (
        SELECT 'directus is a superuser, or may create roles or databases' AS what FROM pg_roles
        WHERE rolname = 'directus' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)
        UNION ALL
        SELECT 'directus belongs to ' || roleid::regrole FROM pg_auth_members WHERE member = 'directus'::regrole
        UNION ALL
        SELECT 'directus may use the schema internal' WHERE has_schema_privilege('directus', 'internal', 'USAGE')
        UNION ALL
        SELECT 'directus may create in the schema public (REVOKE CREATE ON SCHEMA public FROM PUBLIC)'
        WHERE has_schema_privilege('directus', 'public', 'CREATE')
        UNION ALL
        SELECT 'directus owns ' || oid::regclass FROM pg_class
        WHERE relowner = 'directus'::regrole AND relnamespace IN ('public'::regnamespace, 'internal'::regnamespace)
        UNION ALL
        SELECT 'directus may write ' || name FROM unnest(ARRAY['modules', 'sequences', 'grains']) AS name
        WHERE has_table_privilege('directus', 'public.' || name, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR has_any_column_privilege('directus', 'public.' || name, 'INSERT, UPDATE')
    ) AS faults;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'the role of Directus has rights that it must not have: %', fault;
    END IF;
END
$$;

COMMIT;
