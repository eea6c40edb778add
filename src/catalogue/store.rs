//! The SQL of `catalogue`: a copy of the titles, so that Directus shows them and
//! completions have something to point at.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Catalogue;
use crate::db::Database;

/// Key of the advisory lock under which the copy is made; any constant of our own.
const COPY_LOCK: i64 = 0x6d69_6e69_7369_7465;

/// Copies the course to the database, in one transaction; safe with several instances.
///
/// What is no longer in the course is retired at `now`, what came back lives again.
///
/// # Errors
/// Those of the database, when nothing was changed.
pub async fn copy_catalogue(
    db: &Database,
    catalogue: &Catalogue,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    lock_copy(&mut transaction).await?;
    upsert_modules(&mut transaction, catalogue).await?;
    upsert_sequences(&mut transaction, catalogue).await?;
    upsert_grains(&mut transaction, catalogue).await?;
    mark_retired(&mut transaction, catalogue, now).await?;
    transaction.commit().await
}

/// Whether there was once a grain of this id that the course no longer has.
///
/// # Errors
/// Those of the database.
pub async fn find_retired_grain(conn: &mut PgConnection, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "SELECT title FROM grains WHERE id = $1 AND retired_at IS NOT NULL",
        id
    )
    .fetch_optional(conn)
    .await
}

async fn lock_copy(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", COPY_LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// The rows of one of the three tables, column by column, as `unnest` takes them.
#[derive(Default)]
struct Columns {
    ids: Vec<&'static str>,
    modules: Vec<&'static str>,
    sequences: Vec<&'static str>,
    positions: Vec<i32>,
    titles: Vec<&'static str>,
    summaries: Vec<&'static str>,
    minutes: Vec<i32>,
}

impl Columns {
    fn push(
        &mut self,
        [id, module, sequence]: [&'static str; 3],
        [title, summary]: [&'static str; 2],
        minutes: u16,
    ) {
        self.ids.push(id);
        self.modules.push(module);
        self.sequences.push(sequence);
        self.positions
            .push(i32::try_from(self.ids.len()).unwrap_or(i32::MAX));
        self.titles.push(title);
        self.summaries.push(summary);
        self.minutes.push(i32::from(minutes));
    }
}

async fn upsert_modules(conn: &mut PgConnection, catalogue: &Catalogue) -> sqlx::Result<()> {
    let mut rows = Columns::default();
    for module in catalogue.course.modules {
        rows.push(
            [module.id, "", ""],
            [module.title, module.summary],
            module.minutes,
        );
    }
    sqlx::query!(
        r#"
        INSERT INTO modules AS known (id, position, title, summary, minutes)
        SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[])
        ON CONFLICT (id) DO UPDATE
        SET position = excluded.position, title = excluded.title, summary = excluded.summary,
            minutes = excluded.minutes, retired_at = NULL
        WHERE (known.position, known.title, known.summary, known.minutes, known.retired_at)
            IS DISTINCT FROM (excluded.position, excluded.title, excluded.summary, excluded.minutes, NULL)
        "#,
        &rows.ids as &[&str],
        &rows.positions,
        &rows.titles as &[&str],
        &rows.summaries as &[&str],
        &rows.minutes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn upsert_sequences(conn: &mut PgConnection, catalogue: &Catalogue) -> sqlx::Result<()> {
    let mut rows = Columns::default();
    for module in catalogue.course.modules {
        for sequence in module.sequences {
            let texts = [sequence.title, sequence.summary];
            rows.push([sequence.id, module.id, ""], texts, sequence.minutes);
        }
    }
    sqlx::query!(
        r#"
        INSERT INTO sequences AS known (id, module_id, position, title, summary, minutes)
        SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::integer[])
        ON CONFLICT (id) DO UPDATE
        SET module_id = excluded.module_id, position = excluded.position, title = excluded.title,
            summary = excluded.summary, minutes = excluded.minutes, retired_at = NULL
        WHERE (known.module_id, known.position, known.title, known.summary, known.minutes, known.retired_at)
            IS DISTINCT FROM (excluded.module_id, excluded.position, excluded.title, excluded.summary,
                              excluded.minutes, NULL)
        "#,
        &rows.ids as &[&str],
        &rows.modules as &[&str],
        &rows.positions,
        &rows.titles as &[&str],
        &rows.summaries as &[&str],
        &rows.minutes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn upsert_grains(conn: &mut PgConnection, catalogue: &Catalogue) -> sqlx::Result<()> {
    let mut rows = Columns::default();
    for place in catalogue.places() {
        let ids = [place.grain.id, place.module.id, place.sequence.id];
        rows.push(
            ids,
            [place.grain.title, place.grain.summary],
            place.grain.minutes,
        );
    }
    sqlx::query!(
        r#"
        INSERT INTO grains AS known (id, module_id, sequence_id, position, title, summary, minutes)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[],
                             $7::integer[])
        ON CONFLICT (id) DO UPDATE
        SET module_id = excluded.module_id, sequence_id = excluded.sequence_id,
            position = excluded.position, title = excluded.title, summary = excluded.summary,
            minutes = excluded.minutes, retired_at = NULL
        WHERE (known.module_id, known.sequence_id, known.position, known.title, known.summary,
               known.minutes, known.retired_at)
            IS DISTINCT FROM (excluded.module_id, excluded.sequence_id, excluded.position, excluded.title,
                              excluded.summary, excluded.minutes, NULL)
        "#,
        &rows.ids as &[&str],
        &rows.modules as &[&str],
        &rows.sequences as &[&str],
        &rows.positions,
        &rows.titles as &[&str],
        &rows.summaries as &[&str],
        &rows.minutes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Retires whatever the course no longer names, in the three tables.
async fn mark_retired(
    conn: &mut PgConnection,
    catalogue: &Catalogue,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let modules: Vec<&str> = catalogue
        .course
        .modules
        .iter()
        .map(|module| module.id)
        .collect();
    let sequences = catalogue
        .course
        .modules
        .iter()
        .flat_map(|module| module.sequences);
    let sequences: Vec<&str> = sequences.map(|sequence| sequence.id).collect();
    let grains: Vec<&str> = catalogue
        .places()
        .iter()
        .map(|place| place.grain.id)
        .collect();
    sqlx::query!(
        r#"
        WITH old_modules AS (
            UPDATE modules SET retired_at = $4 WHERE retired_at IS NULL AND id <> ALL ($1::text[])
        ), old_sequences AS (
            UPDATE sequences SET retired_at = $4 WHERE retired_at IS NULL AND id <> ALL ($2::text[])
        )
        UPDATE grains SET retired_at = $4 WHERE retired_at IS NULL AND id <> ALL ($3::text[])
        "#,
        &modules as &[&str],
        &sequences as &[&str],
        &grains as &[&str],
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
