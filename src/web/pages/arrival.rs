//! How a page was reached: `?finished=grain8`, after the button of a grain.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use url::form_urlencoded;

use super::view::View;
use crate::catalogue::Place;

/// The grain that the learner says to have just finished; anybody can write an address.
#[derive(Debug)]
pub(crate) struct JustFinished(pub(crate) Option<String>);

impl JustFinished {
    /// The grain, if this visitor has really finished it.
    pub(crate) fn place<'a>(&self, view: &View<'a>) -> Option<&'a Place> {
        view.catalogue
            .grain(self.0.as_deref()?)
            .filter(|place| view.is_done(place))
    }
}

impl<S: Sync> FromRequestParts<S> for JustFinished {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let finished = pairs.find(|(name, _)| name == "finished");
        Ok(Self(finished.map(|(_, grain)| grain.into_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        web::{pages::view::tests::done, urls::Urls},
    };

    #[test]
    fn only_what_is_really_done_is_believed() {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let completions = done(&catalogue, &["grain1"]);
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions: Some(&completions),
        };
        let believed = |view: &View<'_>, grain: &str| {
            JustFinished(Some(grain.to_owned()))
                .place(view)
                .map(|place| place.grain.id)
        };
        assert_eq!(believed(&view, "grain1"), Some("grain1"));
        assert_eq!(believed(&view, "grain2"), None);
        assert_eq!(believed(&view, "<script>"), None);
        assert_eq!(
            believed(
                &View {
                    completions: None,
                    ..view
                },
                "grain1"
            ),
            None
        );
    }
}
