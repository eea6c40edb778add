//! The SQL of classes: a context, its learners, what they have done and what is graded.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Context, Grade, Member, Named};
use crate::{
    catalogue::Catalogue,
    learner::LearnerId,
    lti::{ContextId, Role},
    progress::Completions,
};

/// The course over there.
///
/// # Errors
/// Those of the database.
pub async fn find_context(
    conn: &mut PgConnection,
    context: ContextId,
) -> sqlx::Result<Option<Context>> {
    sqlx::query_as!(
        Context,
        r#"
        SELECT coalesce(title, label) AS title, issuer, memberships_url IS NOT NULL AS "has_roster!",
               roster_read_at, roster_failed_at
        FROM lti_contexts AS context
        JOIN lti_deployments AS deployment ON deployment.id = deployment_id
        JOIN lti_platforms AS platform ON platform.id = platform_id
        WHERE context.id = $1
        "#,
        context.0,
    )
    .fetch_optional(conn)
    .await
}

/// The learners who belong to a context, by family name, with all that they have done and what
/// its gradebook knows of it: one statement, whatever the size of the class.
///
/// # Errors
/// Those of the database.
pub async fn list_members(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    context: ContextId,
) -> sqlx::Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"
        SELECT member.user_id, moodle_user_id, name, family_name, launched_at,
               grains AS "grains: Vec<String>", times AS "times: Vec<time::OffsetDateTime>",
               coalesce(is_waiting, false) AS "is_waiting!", coalesce(is_refused, false) AS "is_refused!",
               coalesce(is_sent, false) AS "is_sent!"
        FROM lti_memberships AS member
        JOIN users ON users.id = member.user_id
        CROSS JOIN LATERAL (
            SELECT array_agg(grain_id) AS grains, array_agg(completed_at) AS times
            FROM progress WHERE progress.user_id = member.user_id
        ) AS done
        LEFT JOIN (
            SELECT score.user_id, bool_or(job.id IS NOT NULL) AS is_waiting,
                   bool_or(refused_at IS NOT NULL) AS is_refused, bool_or(sent_given IS NOT NULL) AS is_sent
            FROM lti_resource_links AS link
            JOIN internal.lti_scores AS score ON resource_link_id = link.id
            LEFT JOIN internal.outbox AS job
                ON kind = 'score' AND subject_id = link.id AND job.user_id = score.user_id AND given_up_at IS NULL
            WHERE link.context_id = $1
            GROUP BY score.user_id
        ) AS graded ON graded.user_id = member.user_id
        WHERE member.context_id = $1 AND role = $2 AND is_active
        ORDER BY coalesce(family_name, name, moodle_user_id) COLLATE "fr-x-icu", name COLLATE "fr-x-icu", member.user_id
        "#,
        context.0,
        Role::Learner.as_str(),
    )
    .fetch_all(conn)
    .await?;
    let members = rows.into_iter().map(|row| {
        let done = row.grains.into_iter().flatten();
        let done = done.zip(row.times.into_iter().flatten());
        let id = LearnerId(row.user_id);
        let family_name = row.family_name.as_deref();
        Member {
            who: Named::new(id, row.moodle_user_id, row.name, family_name),
            launched_at: row.launched_at,
            completions: Completions::from_rows(catalogue, done),
            grade: match (row.is_refused, row.is_waiting, row.is_sent) {
                (true, _, _) => Grade::Refused,
                (_, true, _) => Grade::Waiting,
                (_, _, true) => Grade::Sent,
                _ => Grade::None,
            },
        }
    });
    Ok(members.collect())
}

/// The learners of a context, by family name, without what they have done.
///
/// # Errors
/// Those of the database.
pub async fn list_names(conn: &mut PgConnection, context: ContextId) -> sqlx::Result<Vec<Named>> {
    let rows = sqlx::query!(
        r#"
        SELECT users.id, moodle_user_id, name, family_name
        FROM lti_memberships AS member JOIN users ON users.id = member.user_id
        WHERE member.context_id = $1 AND role = $2 AND is_active
        ORDER BY coalesce(family_name, name, moodle_user_id) COLLATE "fr-x-icu", name COLLATE "fr-x-icu", users.id
        "#,
        context.0,
        Role::Learner.as_str(),
    )
    .fetch_all(conn)
    .await?;
    let named = rows.into_iter().map(|row| {
        let id = LearnerId(row.id);
        Named::new(id, row.moodle_user_id, row.name, row.family_name.as_deref())
    });
    Ok(named.collect())
}

/// What some learners have done; who has done nothing is left out.
///
/// # Errors
/// Those of the database.
pub async fn list_completions(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    learners: &[LearnerId],
) -> sqlx::Result<HashMap<LearnerId, Completions>> {
    let ids: Vec<_> = learners.iter().map(|learner| learner.0).collect();
    let rows = sqlx::query!(
        "SELECT user_id, grain_id, completed_at FROM progress WHERE user_id = ANY($1)",
        &ids,
    )
    .fetch_all(conn)
    .await?;
    let mut found = HashMap::new();
    for row in rows {
        if let Some(place) = catalogue.grain(&row.grain_id) {
            found
                .entry(LearnerId(row.user_id))
                .or_insert_with(|| Completions::none(catalogue))
                .mark(place, row.completed_at);
        }
    }
    Ok(found)
}
