//! What Directus needs of us, without a Directus: the shape of the tables, the rights of its role,
//! the words that it shows. The real one is met by `bin/test directus`.

mod role;
mod rules;
mod told;
mod words;

use sqlx::PgPool;

/// Tables that admins see.
const SHOWN: [&str; 10] = [
    "users",
    "progress",
    "modules",
    "sequences",
    "grains",
    "lti_platforms",
    "lti_deployments",
    "lti_contexts",
    "lti_resource_links",
    "lti_memberships",
];

/// Gives Directus its role and its rights in this database, as `bin/directus role` does.
async fn apply_role(pool: &PgPool) {
    sqlx::raw_sql(include_str!("../../../directus/role.sql"))
        .execute(pool)
        .await
        .expect("the rights are given");
}
