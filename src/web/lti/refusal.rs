//! What is said when a platform, or somebody in its name, is refused: a sentence that a teacher
//! can forward, and the stable name of the check that failed.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::{
    embed::TokenError,
    lti::{launch::LaunchError, login::LoginError},
    web::error::{Cause, PageError},
};

/// A refusal, in words.
#[derive(Clone, Debug)]
pub struct LaunchRefusal {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable name of the check, such as `state-expired`.
    pub code: String,
    /// Title of the page.
    pub title: &'static str,
    /// What happened, and what is safe.
    pub lead: String,
    /// What to do.
    pub text: &'static str,
    /// Seconds after which to try again, when that helps.
    pub retry_after_seconds: Option<u32>,
    /// Whether the page offers to read the course.
    pub leads_to_course: bool,
    /// The error behind it, for the log alone.
    pub cause: Option<Cause>,
}

/// What to do when a launch has to be made anew.
const REOPEN: &str = "Revenez dans votre cours Moodle et ouvrez de nouveau l’activité.";

/// What to do when the platform or its registration is at fault.
const FORWARD: &str =
    "Transmettez le code et le numéro de demande ci-dessous à la personne qui administre Moodle.";

impl LaunchRefusal {
    fn new(status: StatusCode, code: impl Into<String>, title: &'static str) -> Self {
        Self {
            status,
            code: code.into(),
            title,
            lead: "Rien n’a été enregistré ni modifié, et ce que vous avez terminé est toujours compté."
                .to_owned(),
            text: FORWARD,
            retry_after_seconds: None,
            leads_to_course: true,
            cause: None,
        }
    }

    /// The dialog has led to an answer already, or its session is over.
    pub(super) fn dialog_over() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "dialog-over",
            "Ce choix n’est plus ouvert",
        )
        .saying(
            "Il a déjà été transmis à Moodle, ou la fenêtre est restée ouverte trop longtemps. Rien de plus n’a été transmis.",
            "Fermez cette fenêtre, puis sélectionnez de nouveau le contenu dans les réglages de l’activité.",
        )
    }

    fn saying(mut self, lead: impl Into<String>, text: &'static str) -> Self {
        self.lead = lead.into();
        self.text = text;
        self
    }
}

impl From<LaunchRefusal> for PageError {
    fn from(refusal: LaunchRefusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<LoginError> for LaunchRefusal {
    fn from(error: LoginError) -> Self {
        let bad = |code: String| {
            Self::new(StatusCode::BAD_REQUEST, code, "Moodle n’a pas tout dit").saying(
                "La demande d’ouverture est incomplète ou contradictoire. Rien n’a été enregistré.",
                FORWARD,
            )
        };
        match error {
            LoginError::ParameterMissing(name) => bad(format!("login-missing:{name}")),
            LoginError::ParameterDoubled(name) => bad(format!("login-doubled:{name}")),
            LoginError::ParameterTooLong(name) => bad(format!("login-too-long:{name}")),
            LoginError::ParameterMalformed(name) => bad(format!("login-malformed:{name}")),
            LoginError::AmbiguousPlatform => bad("login-ambiguous".to_owned()),
            LoginError::ForeignTarget => bad("login-foreign-target".to_owned()),
            LoginError::UnknownPlatform => Self::new(
                StatusCode::NOT_FOUND,
                "login-unknown-platform",
                "Cette plateforme n’est pas enregistrée ici",
            )
            .saying(
                "Le cours ne connaît pas le Moodle qui l’ouvre. Rien n’a été enregistré.",
                FORWARD,
            ),
            LoginError::InactivePlatform => inactive_platform("login-inactive-platform"),
            LoginError::TooMany => Self {
                retry_after_seconds: Some(10),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "login-too-many",
                    "Beaucoup de monde arrive en même temps",
                )
                .saying(
                    "Le cours reçoit plus d’ouvertures qu’il n’en accepte à la fois.",
                    "Attendez quelques secondes, puis ouvrez de nouveau l’activité.",
                )
            },
        }
    }
}

fn inactive_platform(code: &str) -> LaunchRefusal {
    let refusal = LaunchRefusal::new(
        StatusCode::FORBIDDEN,
        code,
        "Ce Moodle n’est pas encore accepté",
    )
    .saying(
        "Son enregistrement attend l’accord de la personne qui gère le cours, ou a été suspendu.",
        FORWARD,
    );
    LaunchRefusal {
        // The pages of the course may not stand in its frame yet.
        leads_to_course: false,
        ..refusal
    }
}

impl From<LaunchError> for LaunchRefusal {
    fn from(error: LaunchError) -> Self {
        let code = error.code();
        let title = "Le cours n’a pas pu s’ouvrir";
        let unproven = |code| {
            Self::new(StatusCode::UNAUTHORIZED, code, title).saying(
                "Ce que Moodle a transmis n’a pas pu être vérifié. Rien n’a été enregistré, et ce que vous avez terminé est toujours compté.",
                "Ouvrez de nouveau l’activité ; si le message revient, transmettez le code et le numéro de demande à la personne qui administre Moodle.",
            )
        };
        match error {
            LaunchError::StateMissing | LaunchError::TokenMissing => {
                Self::new(StatusCode::BAD_REQUEST, code, title)
            }
            LaunchError::StateUnknown
            | LaunchError::StateExpired
            | LaunchError::Replay
            | LaunchError::CookieMismatch
            | LaunchError::ForeignOrigin => Self::new(StatusCode::UNAUTHORIZED, code, title).saying(
                "Cette ouverture a déjà servi, ou a trop attendu. Rien n’a été enregistré, et ce que vous avez terminé est toujours compté.",
                REOPEN,
            ),
            LaunchError::KeysUnavailable(cause) => Self {
                retry_after_seconds: Some(5),
                cause: cause.map(|cause| Arc::new(cause) as Cause),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, title).saying(
                    "Les clés de la plateforme ne peuvent pas être lues pour le moment.",
                    "Ouvrez de nouveau l’activité dans un instant ; si le message revient, transmettez le code et le numéro de demande à la personne qui administre Moodle.",
                )
            },
            LaunchError::Anonymous => Self::new(
                StatusCode::UNAUTHORIZED,
                code,
                "Moodle ne dit pas qui vous êtes",
            )
            .saying(
                "Sans identifiant, votre progression ne peut pas être gardée. Vous pouvez tout lire.",
                FORWARD,
            ),
            LaunchError::MessageType => Self::new(
                StatusCode::BAD_REQUEST,
                code,
                "Cette sorte de message n’est pas prise en charge",
            ),
            LaunchError::ForeignTarget => Self::new(StatusCode::BAD_REQUEST, code, title).saying(
                "L’adresse enregistrée dans l’activité n’est pas celle de ce cours.",
                FORWARD,
            ),
            LaunchError::DeploymentPending => Self::new(
                StatusCode::FORBIDDEN,
                code,
                "Cette installation attend un accord",
            )
            .saying(
                "La personne qui gère le cours doit d’abord accepter ce déploiement.",
                FORWARD,
            ),
            LaunchError::PlatformInactive => inactive_platform(&code),
            LaunchError::UnknownScope { asked } => unknown_scope(code, asked),
            LaunchError::RoleTooLow => Self::new(
                StatusCode::FORBIDDEN,
                code,
                "Le choix d’une activité est réservé aux enseignantes et enseignants",
            ),
            LaunchError::Platform(_) => Self::new(StatusCode::UNAUTHORIZED, code, title).saying(
                "Moodle a répondu par une erreur, par exemple parce que vous n’y êtes plus connecté·e. Rien n’a été enregistré.",
                REOPEN,
            ),
            _ => unproven(code),
        }
    }
}

/// Only teachers, who can mend the activity, are told which part was asked for.
fn unknown_scope(code: String, asked: Option<String>) -> LaunchRefusal {
    let lead = match asked {
        Some(asked) => format!(
            "L’activité demande «\u{a0}{asked}\u{a0}», qui n’existe pas dans le cours, ou plus."
        ),
        None => "Cette partie n’existe pas dans le cours, ou plus.".to_owned(),
    };
    LaunchRefusal::new(
        StatusCode::NOT_FOUND,
        code,
        "Cette partie du cours n’existe pas, ou plus",
    )
    .saying(
        lead,
        "Choisissez de nouveau le contenu dans les réglages de l’activité, ou prévenez la personne qui enseigne.",
    )
}

impl From<TokenError> for LaunchRefusal {
    fn from(error: TokenError) -> Self {
        let (status, code) = match error {
            TokenError::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "token-too-long"),
            TokenError::Signature(_) => (StatusCode::UNAUTHORIZED, "token-signature"),
            TokenError::Expired => (StatusCode::UNAUTHORIZED, "token-expired"),
            TokenError::TooFarAhead => (StatusCode::UNAUTHORIZED, "token-too-far-ahead"),
            TokenError::Subject(_) => (StatusCode::UNAUTHORIZED, "token-subject"),
            TokenError::Used => (StatusCode::UNAUTHORIZED, "token-used"),
            TokenError::Claim(_) => (StatusCode::UNAUTHORIZED, "token-claim"),
        };
        Self::new(status, code, "Le lien du cours n’est pas valable, ou plus").saying(
            "Le jeton que porte l’adresse n’a pas pu être accepté. Rien n’a été enregistré, et ce que vous avez terminé est toujours compté.",
            "Actualisez la page de votre cours Moodle : elle fabrique un nouveau lien. Si le message revient, transmettez le code et le numéro de demande à la personne qui gère le cours.",
        )
    }
}
