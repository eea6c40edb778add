//! `GET` and `POST /api/progress`: read what is done, finish a grain.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Body, Caller, profile::Profile};
use crate::{
    catalogue::{self, Catalogue, Place},
    progress::{self, Completions, Progress},
    web::{
        error::{ApiError, ErrorBody, PageError},
        state::AppState,
    },
};

/// All that a learner has done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressReport {
    /// Who it is.
    pub user: Profile,
    /// Finished grains of the course, in reading order.
    pub completed: Vec<CompletionReport>,
    /// The course as a whole.
    pub course: ScopeReport,
    /// Its modules, in reading order.
    pub modules: Vec<ScopeReport>,
    /// Its sequences, in reading order.
    pub sequences: Vec<ScopeReport>,
    /// The grain to go on with; null when all is done.
    #[schema(required)]
    pub next: Option<&'static str>,
}

/// One finished grain.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionReport {
    /// The grain.
    pub grain_id: &'static str,
    /// The module it stands in.
    pub module_id: &'static str,
    /// The sequence it stands in.
    pub sequence_id: &'static str,
    /// When it was finished for the first time.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub completed_at: OffsetDateTime,
}

/// How much of the course, a module or a sequence is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeReport {
    /// `course`, or the id of the module or sequence.
    pub id: &'static str,
    /// Grains finished.
    pub done: usize,
    /// Grains in all.
    pub total: usize,
    /// From 0 to 100, rounded down.
    #[schema(maximum = 100)]
    pub percent: usize,
}

/// A grain that was finished, and where that leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedCompletion {
    /// The completion as it is kept.
    #[serde(flatten)]
    pub completion: CompletionReport,
    /// The course as a whole, now.
    pub course: ScopeReport,
    /// The module of the grain, now.
    pub module: ScopeReport,
    /// The sequence of the grain, now.
    pub sequence: ScopeReport,
    /// The grain to go on with; null when all is done.
    #[schema(required)]
    pub next: Option<&'static str>,
}

/// The grain that was finished.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionRequest {
    /// The grain.
    #[schema(example = "grain8")]
    pub grain_id: String,
    /// Its module, checked against the course when it is given.
    #[schema(example = "module2")]
    pub module_id: Option<String>,
    /// Its sequence, checked against the course when it is given.
    #[schema(example = "sequence3")]
    pub sequence_id: Option<String>,
}

impl ScopeReport {
    fn new(id: &'static str, progress: Progress) -> Self {
        Self {
            id,
            done: progress.done,
            total: progress.total,
            percent: progress.percent(),
        }
    }

    fn of_course(completions: &Completions) -> Self {
        Self::new("course", completions.of_course())
    }

    fn of_module(catalogue: &Catalogue, completions: &Completions, id: &'static str) -> Self {
        Self::new(id, completions.of_module(catalogue, id))
    }

    fn of_sequence(catalogue: &Catalogue, completions: &Completions, id: &'static str) -> Self {
        Self::new(id, completions.of_sequence(catalogue, id))
    }
}

impl CompletionReport {
    fn find(completions: &Completions, place: &Place) -> Option<Self> {
        Some(Self {
            grain_id: place.grain.id,
            module_id: place.module.id,
            sequence_id: place.sequence.id,
            completed_at: completions.completed_at(place)?,
        })
    }
}

/// Reads what the learner has done.
#[utoipa::path(
    get,
    path = "/api/progress",
    responses(
        (status = 200, description = "All that is done", body = ProgressReport),
        (status = 401, description = "Neither session nor valid token", body = ErrorBody),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Caller(learner): Caller,
) -> Result<Json<ProgressReport>, ApiError> {
    let catalogue = &state.catalogue;
    let standing = progress::find_standing(&state.db, catalogue, learner).await?;
    let standing = standing.ok_or_else(nobody)?;
    let completions = &standing.completions;
    let modules = catalogue.course.modules.iter();
    let sequences = catalogue
        .course
        .modules
        .iter()
        .flat_map(|module| module.sequences);
    Ok(Json(ProgressReport {
        completed: catalogue
            .places()
            .iter()
            .filter_map(|place| CompletionReport::find(completions, place))
            .collect(),
        course: ScopeReport::of_course(completions),
        modules: modules
            .map(|module| ScopeReport::of_module(catalogue, completions, module.id))
            .collect(),
        sequences: sequences
            .map(|sequence| ScopeReport::of_sequence(catalogue, completions, sequence.id))
            .collect(),
        next: completions.next(catalogue).map(|place| place.grain.id),
        user: Profile::from(&*standing.learner),
    }))
}

/// Finishes a grain. Calling it again changes nothing and answers 200.
#[utoipa::path(
    post,
    path = "/api/progress",
    request_body = CompletionRequest,
    responses(
        (status = 201, description = "The grain is finished", body = RecordedCompletion),
        (status = 200, description = "It was finished before", body = RecordedCompletion),
        (status = 400, description = "The body is no JSON", body = ErrorBody),
        (status = 401, description = "Neither session nor valid token", body = ErrorBody),
        (status = 403, description = "The page is another site's", body = ErrorBody),
        (status = 404, description = "There is no such grain", body = ErrorBody),
        (status = 410, description = "The grain left the course", body = ErrorBody),
        (status = 413, description = "The body is over 64 KiB", body = ErrorBody),
        (status = 415, description = "The body is not said to be JSON", body = ErrorBody),
        (status = 422, description = "A field does not fit", body = ErrorBody),
        (status = 429, description = "Too many at once; Retry-After says when to go on", body = ErrorBody),
        (status = 503, description = "Nothing can be written at the moment; Retry-After says when", body = ErrorBody),
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn record(
    State(state): State<AppState>,
    Caller(learner): Caller,
    Body(request): Body<CompletionRequest>,
) -> Result<(StatusCode, Json<RecordedCompletion>), ApiError> {
    let catalogue = &state.catalogue;
    let Some(place) = catalogue.grain(&request.grain_id) else {
        return Err(absent(&state, &request.grain_id).await?);
    };
    check_place(place, &request)?;
    let now = state.clock.now();
    let finished = progress::finish_grain(&state.db, catalogue, now, learner, place).await?;
    let finished = finished.ok_or_else(nobody)?;
    if finished.has_jobs {
        state.courier.wake();
    }
    let completions = &finished.completions;
    let status = if finished.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let recorded = RecordedCompletion {
        completion: CompletionReport::find(completions, place)
            .ok_or_else(|| ApiError::from(&PageError::Internal(None)))?,
        course: ScopeReport::of_course(completions),
        module: ScopeReport::of_module(catalogue, completions, place.module.id),
        sequence: ScopeReport::of_sequence(catalogue, completions, place.sequence.id),
        next: completions
            .next_after(catalogue, place)
            .map(|place| place.grain.id),
    };
    Ok((status, Json(recorded)))
}

/// Why there is no such grain: it never was, or it left the course.
async fn absent(state: &AppState, id: &str) -> sqlx::Result<ApiError> {
    let mut conn = state.db.acquire().await?;
    let was_there = catalogue::store::find_retired_grain(&mut conn, id)
        .await?
        .is_some();
    conn.keep().await?;
    let error = if was_there {
        ApiError::from(&PageError::Retired)
    } else {
        let message = "Aucun grain ne porte cet identifiant.";
        ApiError::new(StatusCode::NOT_FOUND, "unknown_grain", message)
    };
    Ok(error.on("grain_id"))
}

/// Refuses a module or a sequence that is not the grain's.
fn check_place(place: &Place, request: &CompletionRequest) -> Result<(), ApiError> {
    for (field, given, known) in [
        ("module_id", &request.module_id, place.module.id),
        ("sequence_id", &request.sequence_id, place.sequence.id),
    ] {
        if given.as_deref().is_some_and(|given| given != known) {
            let message = format!("Ce grain est dans «\u{a0}{known}\u{a0}».");
            return Err(
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_place", message).on(field),
            );
        }
    }
    Ok(())
}

/// The learner was erased a moment ago.
fn nobody() -> ApiError {
    ApiError::from(&PageError::NoSession { unsaved: None })
}
