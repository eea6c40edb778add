//! `POST /lti/launch`: the platform says who it is, and a session opens.
//!
//! Read the login, fetch the key if it is new, check the token (pure), then one transaction: take
//! the login, recognise everybody, write the session. 303 to the one-time address of the session.

mod jobs;
mod reading;
mod record;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use time::{Duration, OffsetDateTime};

use reading::Came;

use super::{LaunchRefusal, login::cookie_name};
use crate::{
    lti::{
        self, Platform,
        launch::{self, Expected, Launch, LaunchError},
        login::{Login, store as logins},
    },
    sealing,
    web::{
        error::PageError,
        forms,
        origin::is_ours,
        session::{
            cookie,
            launch::{ABSOLUTE_LIFETIME, Ticket, binding_cookie},
        },
        state::AppState,
    },
};

/// The same launch sent again within this long is a refresh.
const REFRESH: Duration = Duration::minutes(2);

/// What a platform posts.
struct Posted<'a> {
    state: &'a str,
    token: &'a str,
    token_hash: [u8; 32],
    /// Whether it says that somebody has pressed the button of our own page.
    is_confirmed: bool,
}

/// How a launch shows that it ends in the browser in which it began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Proof {
    /// It brings the cookie of the login.
    Cookie,
    /// No cookie, but the platform's own page posted it.
    Origin,
    /// No cookie, but somebody pressed the button of our own page, which told them whom they will
    /// be.
    Confirmation,
    /// No cookie, and the browser does not say who posted it.
    Silence,
}

/// Opens a session.
pub(crate) async fn receive(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let pairs = forms::body_pairs(&headers, &body)?;
    let Some(posted) = Posted::from_pairs(&pairs)? else {
        return refused_by_platform(&state, &pairs).await;
    };
    let now = state.clock.now();
    let (login, platform) = find_login(&state, posted.state).await?;
    let proof = prove(&state, &headers, &posted, &login, &platform)?;
    if let Some(done) = &login.consumption {
        let is_refresh = done.token_hash == posted.token_hash
            && now - done.at < REFRESH
            && (proof == Proof::Cookie || !done.is_cookie_bound);
        return if is_refresh {
            Box::pin(reopen(&state, &posted, proof, now)).await
        } else {
            Err(refused(LaunchError::Replay))
        };
    }
    if login.expires_at <= now {
        return Err(refused(LaunchError::StateExpired));
    }
    let launch = verify(&state, &posted, &login, &platform, now).await?;
    if proof == Proof::Silence {
        let name = launch.name.as_deref();
        return super::confirm::ask(&state, posted.state, posted.token, name);
    }
    let is_cookie_bound = proof == Proof::Cookie;
    let recorded = Box::pin(record::open(
        &state,
        &posted,
        &platform,
        &launch,
        is_cookie_bound,
        now,
    ))
    .await;
    match recorded {
        Err(PageError::ReadOnly { .. }) => {
            state.read_only.note_refusal();
            let came = Came {
                platform: &platform,
                launch: &launch,
                is_cookie_bound,
                now,
            };
            Box::pin(reading::open(&state, &posted, came)).await
        }
        recorded => recorded.map(|()| answer(&state, &posted)),
    }
}

impl<'a> Posted<'a> {
    /// What was posted; `None` when the platform posts an error.
    fn from_pairs(pairs: &'a [(String, String)]) -> Result<Option<Self>, PageError> {
        let state =
            forms::single(pairs, "state").ok_or_else(|| refused(LaunchError::StateMissing))?;
        match forms::single(pairs, "id_token") {
            Some(token) => Ok(Some(Self {
                state,
                token,
                token_hash: sealing::hash(token),
                is_confirmed: forms::single(pairs, "confirmed").is_some(),
            })),
            None if forms::single(pairs, "error").is_some() => Ok(None),
            None => Err(refused(LaunchError::TokenMissing)),
        }
    }

    /// The one-time address of the session that this launch opens.
    fn ticket(&self, state: &AppState) -> Ticket {
        Ticket::of_launch(&state.config, &[self.state.as_bytes(), &self.token_hash])
    }
}

/// The login of a state, and its platform.
async fn find_login(state: &AppState, text: &str) -> Result<(Login, Platform), PageError> {
    let _turn = state.queue.turn().await.map_err(PageError::internal)?;
    let mut conn = state.db.acquire().await?;
    let login = logins::find_login(&mut conn, text).await?;
    let platform = match &login {
        Some(login) => lti::store::find_platform(&mut conn, login.platform).await?,
        None => None,
    };
    conn.keep().await?;
    let (Some(login), Some(platform)) = (login, platform) else {
        return Err(refused(LaunchError::StateUnknown));
    };
    if platform.is_approved() {
        state.framing.expect(&platform);
        Ok((login, platform))
    } else {
        Err(refused(LaunchError::PlatformInactive))
    }
}

/// How the launch shows whose it is; one that somebody else began is refused.
fn prove(
    state: &AppState,
    headers: &HeaderMap,
    posted: &Posted<'_>,
    login: &Login,
    platform: &Platform,
) -> Result<Proof, PageError> {
    if let Some(value) = cookie::find(&state.config, headers, &cookie_name(posted.state)) {
        return if sealing::is_same(&sealing::hash(value), &login.cookie_hash) {
            Ok(Proof::Cookie)
        } else {
            Err(refused(LaunchError::CookieMismatch))
        };
    }
    let origin = headers
        .get(header::ORIGIN)
        .map(|value| value.to_str().unwrap_or_default());
    // Anybody can post a form that says it was confirmed; only our own page is believed.
    let is_ours = is_ours(headers, &state.config.origin(), false);
    match origin {
        _ if posted.is_confirmed && is_ours => Ok(Proof::Confirmation),
        _ if posted.is_confirmed => Err(refused(LaunchError::ForeignOrigin)),
        None | Some("null") => Ok(Proof::Silence),
        Some(origin) if platform.origins().any(|known| known == origin) => Ok(Proof::Origin),
        Some(_) => Err(refused(LaunchError::ForeignOrigin)),
    }
}

async fn verify(
    state: &AppState,
    posted: &Posted<'_>,
    login: &Login,
    platform: &Platform,
    now: OffsetDateTime,
) -> Result<Launch, PageError> {
    let header = launch::read_header(posted.token).map_err(refused)?;
    let keys = state
        .key_cache
        .find(platform, &header.kid)
        .await
        .map_err(refused)?;
    let expected = Expected {
        platform,
        login,
        site: &state.config.api_url,
        now,
    };
    launch::verify(posted.token, &keys, expected).map_err(refused)
}

/// The same launch again: its session opens once more. Whoever does not show where they come from
/// is told whose session it is, as at the first time: somebody else may have opened it.
async fn reopen(
    state: &AppState,
    posted: &Posted<'_>,
    proof: Proof,
    now: OffsetDateTime,
) -> Result<Response, PageError> {
    let id = posted.ticket(state).handle(&state.config);
    let session = state.sessions.find_open(id).await?;
    let session = session.ok_or_else(|| refused(LaunchError::Replay))?;
    if proof == Proof::Silence {
        let name = session.learner.name.as_deref();
        return super::confirm::ask(state, posted.state, posted.token, name);
    }
    let reopened = session.data.reopened(now);
    let mut conn = state.db.acquire().await?;
    state.sessions.write(&mut conn, id, &reopened).await?;
    conn.keep().await?;
    Ok(answer(state, posted))
}

/// Leads to the one-time address, with the cookie that binds the session to this browser.
fn answer(state: &AppState, posted: &Posted<'_>) -> Response {
    let ticket = posted.ticket(state);
    let (name, value) = binding_cookie(&state.config, ticket.handle(&state.config));
    let max_age = u32::try_from(ABSOLUTE_LIFETIME.whole_seconds()).unwrap_or(0);
    let cookie = cookie::write_framed(&state.config, &name, &value, max_age);
    let address = crate::web::urls::entry(ticket.as_str());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response()
}

/// The platform answers the login with an error: its login is used up, and the page says so.
async fn refused_by_platform(
    state: &AppState,
    pairs: &[(String, String)],
) -> Result<Response, PageError> {
    let text = forms::single(pairs, "state").unwrap_or_default();
    find_login(state, text).await?;
    let mut conn = state.db.acquire().await?;
    logins::mark_login_consumed(&mut conn, text, &[], false, state.clock.now()).await?;
    conn.keep().await?;
    let error = forms::single(pairs, "error").unwrap_or_default();
    Err(refused(LaunchError::from_platform(error)))
}

fn refused(error: LaunchError) -> PageError {
    LaunchRefusal::from(error).into()
}
