//! What is said when a platform is not registered: which step failed, and how to mend it.

use axum::http::StatusCode;

use crate::{
    lti::{
        client::{ClientError, MAX_ANSWER_BYTES},
        registration::{CallError, RegistrationError, Step, invite::InviteState},
    },
    web::{error::PageError, lti::LaunchRefusal},
};

const TITLE: &str = "L’enregistrement n’a pas abouti";

/// What to do when the step may go better the next time.
const AGAIN: &str = "Rien n’a été enregistré et l’adresse d’enregistrement reste valable. Corrigez ce point, \
     rechargez la page «\u{a0}Gérer les outils\u{a0}» (Manage tools) de Moodle, puis recommencez.";

/// What to do when the invitation opens nothing.
const ASK_ANEW: &str = "Demandez une nouvelle adresse à la personne qui gère le cours\u{a0}: la commande \
     «\u{a0}mini-site lti invite\u{a0}» en donne une, valable sept jours et une seule fois.";

/// What to do with the address of an invitation.
const PASTE: &str = "Dans Moodle, ouvrez Administration du site > Plugins > Modules d’activité > Outil externe > \
     Gérer les outils (Manage tools), collez cette adresse dans «\u{a0}URL de l’outil\u{a0}» (Tool URL), puis \
     choisissez «\u{a0}Ajouter LTI Advantage\u{a0}» (Add LTI Advantage).";

/// What to do when there is nothing to do.
const KNOWN: &str = "Rechargez la page de Moodle pour quitter celle-ci. La commande «\u{a0}mini-site lti list\u{a0}» \
     montre si l’enregistrement existant attend un accord.";

impl From<RegistrationError> for PageError {
    fn from(error: RegistrationError) -> Self {
        let bad = |code: String, lead: String, text| Self::from(refusal(code, TITLE, lead, text));
        match error {
            RegistrationError::Database(error) => error.into(),
            RegistrationError::Parameter("openid_configuration") => refusal(
                "registration-parameter:openid_configuration".to_owned(),
                "Cette adresse s’ouvre depuis Moodle",
                "Elle enregistre le cours dans un Moodle, une seule fois. C’est Moodle qui doit l’ouvrir.".to_owned(),
                PASTE,
            )
            .into(),
            RegistrationError::Parameter(name) => bad(
                format!("registration-parameter:{name}"),
                format!("Étape «\u{a0}adresse\u{a0}»\u{a0}: le paramètre {name} est absent, double ou mal formé."),
                PASTE,
            ),
            RegistrationError::Invite(state) => invite_refusal(state).into(),
            RegistrationError::Call(step, error) => {
                let (code, name) = match step {
                    Step::Configuration => ("configuration", "lecture de la configuration"),
                    Step::Announcement => ("announcement", "demande d’enregistrement"),
                };
                let why = words_of_call(&error);
                bad(
                    format!("registration-{code}"),
                    format!("Étape «\u{a0}{name}\u{a0}»\u{a0}: {why}."),
                    AGAIN,
                )
            }
            RegistrationError::ForeignIssuer => bad(
                "registration-foreign-issuer".to_owned(),
                "Étape «\u{a0}vérification de la configuration\u{a0}»\u{a0}: l’émetteur (issuer) n’est pas sur le même \
                 serveur que la configuration (openid_configuration)."
                    .to_owned(),
                AGAIN,
            ),
            RegistrationError::Endpoint(name, error) => bad(
                format!("registration-endpoint:{name}"),
                format!(
                    "Étape «\u{a0}vérification de la configuration\u{a0}»\u{a0}: {name}, {}.",
                    words_of_client(&error)
                ),
                AGAIN,
            ),
            RegistrationError::AlreadyRegistered => LaunchRefusal {
                status: StatusCode::CONFLICT,
                ..refusal(
                    "registration-known".to_owned(),
                    "Ce Moodle est déjà enregistré ici",
                    "Son enregistrement existant n’a pas été modifié.".to_owned(),
                    KNOWN,
                )
            }
            .into(),
        }
    }
}

fn refusal(code: String, title: &'static str, lead: String, text: &'static str) -> LaunchRefusal {
    LaunchRefusal {
        status: StatusCode::BAD_REQUEST,
        code,
        title,
        lead,
        text,
        retry_after_seconds: None,
        cause: None,
        // The platform may not hold the course in a frame yet.
        leads_to_course: false,
    }
}

fn invite_refusal(state: InviteState) -> LaunchRefusal {
    let (code, why) = match state {
        InviteState::Used => ("used", "a déjà servi"),
        InviteState::Expired => ("expired", "n’est plus valable"),
        InviteState::Unknown | InviteState::Open => ("unknown", "n’est pas reconnue"),
    };
    let lead =
        format!("Étape «\u{a0}invitation\u{a0}»\u{a0}: cette adresse d’enregistrement {why}.");
    LaunchRefusal {
        status: StatusCode::FORBIDDEN,
        ..refusal(format!("registration-invite-{code}"), TITLE, lead, ASK_ANEW)
    }
}

fn words_of_call(error: &CallError) -> String {
    match error {
        CallError::Client(error) => words_of_client(error),
        CallError::Status(status, None) => format!("Moodle a répondu par une erreur {status}"),
        CallError::Status(status, Some(said)) => {
            format!("Moodle a répondu par une erreur {status} («\u{a0}{said}\u{a0}»)")
        }
        CallError::NoJson => "la réponse de Moodle n’est pas du JSON".to_owned(),
        CallError::Field(name) => {
            format!("le champ {name} de la réponse de Moodle est absent ou mal formé")
        }
    }
}

fn words_of_client(error: &ClientError) -> String {
    match error {
        ClientError::Refused(..) => {
            "cette adresse n’est pas acceptée\u{a0}: elle doit être publique et en https".to_owned()
        }
        ClientError::Network(error) if error.is_timeout() => {
            "le serveur n’a pas répondu à temps".to_owned()
        }
        ClientError::Network(error) if error.is_connect() => {
            "la connexion a échoué (nom introuvable, adresse privée, certificat refusé ou serveur arrêté)"
                .to_owned()
        }
        ClientError::Network(_) => "la réponse s’est interrompue".to_owned(),
        ClientError::TooLarge => {
            format!("la réponse dépasse {}\u{a0}Kio", MAX_ANSWER_BYTES / 1024)
        }
    }
}

/// An error and those behind it, for the log.
pub(super) fn cause(error: &RegistrationError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
