//! Everything HTTP; the only place that knows axum and askama.
//!
//! [`router`] is the whole site map on one screen.

pub mod api;
pub mod assets;
mod below;
pub mod connections;
mod dev_build;
mod dev_login;
mod embed;
mod entry;
pub mod error;
mod forms;
pub mod frame;
pub mod framing;
pub mod french;
mod grains;
mod health;
mod landing;
mod layers;
mod leave;
pub mod limits;
pub mod lti;
mod origin;
pub mod pages;
pub mod queue;
pub mod rate;
mod read_only;
mod remembered;
pub mod session;
pub mod state;
pub mod urls;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{MethodRouter, get, post},
};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType},
    cors::CorsLayer,
};

use error::PageError;
use state::AppState;
use urls::route;

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// The whole site.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .route(route::HOME, get(pages::home::show))
        .route(route::MODULE, get(pages::module::show))
        .route(route::SEQUENCE, get(pages::sequence::show))
        .route(route::GRAIN, get(pages::grain::show))
        .route(route::COMPLETION, post(pages::grain::finish))
        .route(route::UNDO, post(pages::grain::undo))
        .route(route::MY_DATA, get(pages::my_data::show))
        .route(route::MY_DATA_JSON, get(pages::my_data::export::json))
        .route(route::MY_DATA_CSV, get(pages::my_data::export::csv))
        .route(route::MY_DATA_ERASURE, post(pages::my_data::erasure::erase));
    let class = Router::new()
        .route(route::CLASS, get(pages::class::show))
        .route(route::CLASS_CSV, get(pages::class::export::csv))
        .route(route::CLASS_XAPI, get(pages::class::export::xapi))
        .route(route::RESENDING, post(pages::class::resend));
    let api = Router::new()
        .route(route::API_PROFILE, post(api::profile::create))
        .route(
            route::API_PROGRESS,
            get(api::progress::read).post(api::progress::record),
        )
        .route(route::API_DOCUMENT, get(api::document))
        .layer(cors(&state.config.cors_origins));
    let host = Router::new()
        .route(route::HEALTH_LIVE, get(health::live))
        .route(route::HEALTH_READY, get(health::ready))
        .route(route::ASSET, get(assets::serve));
    let entrances = Router::new()
        .route(
            route::LTI_LOGIN,
            get(lti::login::begin)
                .post(lti::login::begin)
                .head(async || refuse_head("GET, POST")),
        )
        .route(route::LTI_LAUNCH, post(lti::launch::receive))
        .route(
            route::LTI_DEEP_LINKING,
            get(lti::deep_linking::show).post(lti::deep_linking::answer),
        )
        .route(
            route::LTI_REGISTRATION,
            once(get(lti::registration::receive)),
        )
        .route(route::JWKS, get(lti::keys::show))
        .route(route::EMBED, once(get(embed::open)))
        .route(route::ENTRY, once(get(entry::show)))
        .route(route::LEAVE, post(leave::end));
    let mut site = pages
        .merge(class)
        .merge(entrances)
        .merge(api)
        .merge(host)
        .fallback(async || PageError::NotFound);
    if state.config.dev_login {
        site = site.layer(from_fn_with_state(state.clone(), dev_login::sign_in));
    }
    if state.config.is_development() {
        site = site.route(route::DEV_BUILD, get(dev_build::show));
    }
    let site = site
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), layers::around))
        .layer(compression())
        .with_state(state);
    below::with_frames(site)
}

/// An address that a visit uses up. Programs that look at a link before anybody opens it ask by
/// HEAD, which axum would answer by GET, effect and all.
fn once(visit: MethodRouter<AppState>) -> MethodRouter<AppState> {
    visit.head(async || refuse_head("GET"))
}

fn refuse_head(allowed: &'static str) -> impl IntoResponse {
    ([(header::ALLOW, allowed)], PageError::MethodNotAllowed)
}

/// Compresses what is worth it: fonts are compressed already, as pictures are.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_worth_it = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(is_worth_it)
}

/// Lets the pages of these origins call the API, without any cookie.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|origin| HeaderValue::try_from(origin).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequestParts;

    use super::{session::Visitor, *};

    /// Each layer boxes the future of the next one, so that a large one is copied again and again.
    const SMALL_BYTES: usize = 1536;

    fn size_of_2<A, B, R>(_: impl Fn(A, B) -> R) -> usize {
        size_of::<R>()
    }

    fn size_of_3<A, B, C, R>(_: impl Fn(A, B, C) -> R) -> usize {
        size_of::<R>()
    }

    fn size_of_4<A, B, C, D, R>(_: impl Fn(A, B, C, D) -> R) -> usize {
        size_of::<R>()
    }

    #[test]
    fn the_futures_of_every_request_are_small() {
        for (what, bytes) in [
            ("layers::around", size_of_3(layers::around)),
            ("dev_login::sign_in", size_of_3(dev_login::sign_in)),
            (
                "Visitor",
                size_of_2(<Visitor as FromRequestParts<AppState>>::from_request_parts),
            ),
            ("grain::show", size_of_4(pages::grain::show)),
            ("grain::finish", size_of_4(pages::grain::finish)),
            ("grain::undo", size_of_4(pages::grain::undo)),
            ("api::progress::record", size_of_3(api::progress::record)),
        ] {
            assert!(
                bytes <= SMALL_BYTES,
                "{what}: {bytes} bytes; box what is rare"
            );
        }
    }
}
