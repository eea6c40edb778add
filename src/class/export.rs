//! A class to take away: as a table for spreadsheets, a line per learner and grain, or as xAPI
//! statements, one per completion. Both with names, or with a code in their place.
//!
//! What is written is pure; [`Batches`] reads a class piece by piece, so that a large one needs no
//! more memory than a small one and holds no connection while somebody downloads it.

use std::sync::Arc;

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;
use uuid::Builder;

use super::{Context, Named, store};
use crate::{
    catalogue::{Catalogue, Place},
    config::Secret,
    db::Database,
    learner::LearnerId,
    lti::ContextId,
    progress::Completions,
    sealing, spreadsheet,
};

/// How many learners are read at once.
const BATCH: usize = 100;

/// A class that is read piece by piece.
#[derive(Clone, Debug)]
pub struct Batches {
    db: Database,
    catalogue: Arc<Catalogue>,
    learners: std::vec::IntoIter<Named>,
}

/// A learner and what they have done.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who it is.
    pub who: Named,
    /// What is done.
    pub completions: Completions,
}

/// How learners are called.
#[derive(Clone, Debug)]
pub enum Naming {
    /// By their names.
    Names,
    /// By a code, which is the same each time for this class, and another one for any other.
    Codes {
        /// What it is derived from.
        secret: Secret,
        /// Which class.
        context: ContextId,
    },
}

impl Batches {
    /// The learners of a class; what they have done is read later.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(
        db: &Database,
        catalogue: &Arc<Catalogue>,
        context: ContextId,
    ) -> sqlx::Result<Self> {
        let mut conn = db.acquire().await?;
        let learners = store::list_names(&mut conn, context).await?;
        conn.keep().await?;
        Ok(Self {
            db: db.clone(),
            catalogue: catalogue.clone(),
            learners: learners.into_iter(),
        })
    }

    /// The next learners; nothing after the last.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn next(&mut self) -> sqlx::Result<Option<Vec<Entry>>> {
        let batch: Vec<_> = self.learners.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(None);
        }
        let ids: Vec<_> = batch.iter().map(|learner| learner.id).collect();
        let mut conn = self.db.acquire().await?;
        let mut done = store::list_completions(&mut conn, &self.catalogue, &ids).await?;
        conn.keep().await?;
        let entries = batch.into_iter().map(|who| Entry {
            completions: done
                .remove(&who.id)
                .unwrap_or_else(|| Completions::none(&self.catalogue)),
            who,
        });
        Ok(Some(entries.collect()))
    }
}

impl Naming {
    /// The code of a learner.
    fn code(secret: &Secret, context: ContextId, learner: LearnerId) -> String {
        let parts = [&context.0.as_bytes()[..], learner.0.as_bytes()];
        let bytes = sealing::derive(secret, "pseudonym", &parts);
        let (first, _) = bytes.split_first_chunk().expect("32 bytes hold 8");
        // Twelve hexadecimal digits: short enough to be read aloud.
        format!("{:012X}", u64::from_be_bytes(*first) >> 16)
    }
}

/// The headings of the table.
pub fn table_head(naming: &Naming) -> Vec<u8> {
    let who: &[&str] = match naming {
        Naming::Names => &["Nom", "Identifiant Moodle"],
        Naming::Codes { .. } => &["Code"],
    };
    let what = [
        "Module",
        "Séquence",
        "Grain",
        "Titre du grain",
        "Terminé",
        "Terminé le",
    ];
    spreadsheet::table([[who, &what].concat()])
}

/// The rows of some learners: one for each living grain.
pub fn table_rows(catalogue: &Catalogue, naming: &Naming, entries: &[Entry]) -> Vec<u8> {
    let rows = entries.iter().flat_map(|entry| {
        let who = match naming {
            Naming::Names => vec![entry.who.name.clone(), entry.who.moodle_user_id.clone()],
            Naming::Codes { secret, context } => {
                vec![Naming::code(secret, *context, entry.who.id)]
            }
        };
        let places = catalogue.places().iter();
        places.map(move |place| [&who[..], &table_cells(place, &entry.completions)].concat())
    });
    spreadsheet::more_rows(rows)
}

/// What a row says of a grain.
fn table_cells(place: &Place, completions: &Completions) -> [String; 6] {
    let done = completions.completed_at(place);
    [
        format!("{}. {}", place.module_rank + 1, place.module.title),
        place.sequence.title.to_owned(),
        (place.ordinal + 1).to_string(),
        place.grain.title.to_owned(),
        if done.is_some() { "oui" } else { "non" }.to_owned(),
        done.map(spreadsheet::moment).unwrap_or_default(),
    ]
}

/// What all statements of a class share.
#[derive(Clone, Debug)]
pub struct Statements {
    /// The public address of this site.
    pub site: Url,
    /// The course over there.
    pub context: Context,
    /// How learners are called.
    pub naming: Naming,
}

impl Statements {
    /// One statement for each completion of some learners, a line each
    /// (xAPI 1.0.3, part 2: <https://github.com/adlnet/xAPI-Spec/blob/master/xAPI-Data.md>).
    pub fn lines(&self, catalogue: &Catalogue, entries: &[Entry]) -> Vec<u8> {
        let mut lines = Vec::new();
        for Entry { who, completions } in entries {
            let actor = self.actor(who);
            for place in catalogue.places() {
                if let Some(done) = completions.completed_at(place) {
                    let statement = self.statement(catalogue, &actor, place, done);
                    lines.extend_from_slice(statement.to_string().as_bytes());
                    lines.push(b'\n');
                }
            }
        }
        lines
    }

    fn actor(&self, who: &Named) -> Value {
        match &self.naming {
            Naming::Names => json!({
                "objectType": "Agent",
                "name": who.name,
                "account": { "homePage": self.context.issuer, "name": who.moodle_user_id },
            }),
            Naming::Codes { secret, context } => json!({
                "objectType": "Agent",
                "account": { "homePage": self.site.as_str(), "name": Naming::code(secret, *context, who.id) },
            }),
        }
    }

    fn statement(
        &self,
        catalogue: &Catalogue,
        actor: &Value,
        place: &Place,
        done: OffsetDateTime,
    ) -> Value {
        let course = catalogue.course;
        let timestamp = done.format(&Rfc3339).unwrap_or_default();
        let activity = |path: &str, kind: &str, title: &str| {
            json!({
                "objectType": "Activity",
                "id": format!("{}{path}", self.site),
                "definition": {
                    "type": format!("http://adlnet.gov/expapi/activities/{kind}"),
                    "name": { course.language: title },
                },
            })
        };
        let grain = format!("grains/{}", place.grain.id);
        let sequence = format!("sequences/{}", place.sequence.id);
        let module = format!("modules/{}", place.module.id);
        // The same completion is the same statement, however often it is exported.
        let parts = [
            actor["account"].to_string(),
            grain.clone(),
            timestamp.clone(),
        ];
        let parts = parts.each_ref().map(String::as_bytes);
        let hash = sealing::hash(parts.concat());
        let (id, _) = hash.split_first_chunk().expect("32 bytes hold 16");
        json!({
            "id": Builder::from_random_bytes(*id).into_uuid(),
            "actor": actor,
            "verb": {
                "id": "http://adlnet.gov/expapi/verbs/completed",
                "display": { "en": "completed", "fr": "a terminé" },
            },
            "object": activity(&grain, "lesson", place.grain.title),
            "result": { "completion": true },
            "context": {
                "platform": course.title,
                "language": course.language,
                "contextActivities": {
                    "parent": [activity(&sequence, "module", place.sequence.title)],
                    "grouping": [
                        activity(&module, "module", place.module.title),
                        activity("", "course", course.title),
                    ],
                },
            },
            "timestamp": timestamp,
            "version": "1.0.3",
        })
    }
}
