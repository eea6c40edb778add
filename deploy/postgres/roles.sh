#!/usr/bin/env bash
# Run once by the image of PostgreSQL, on an empty volume: an owner for the site's tables who is not
# the superuser, the guest that Directus is (its rights come later: bin/directus role), and an empty
# database where bin/backup tries what it wrote.
set -euo pipefail

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv site_password DATABASE_PASSWORD
\getenv directus_password DIRECTUS_DB_PASSWORD
CREATE ROLE mini_site LOGIN PASSWORD :'site_password';
CREATE ROLE directus LOGIN PASSWORD :'directus_password';
CREATE DATABASE mini_site OWNER mini_site ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE mini_site_trial OWNER mini_site ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE mini_site, mini_site_trial FROM PUBLIC;
GRANT CONNECT ON DATABASE mini_site TO directus;
SQL
