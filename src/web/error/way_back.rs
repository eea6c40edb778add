//! The page whose button was pressed when something must be tried again a little later.

use super::WayOut;
use crate::{
    catalogue::{Catalogue, Grain},
    web::urls::{Urls, route},
};

/// Where to try again.
#[derive(Clone, Copy, Debug)]
pub enum WayBack {
    /// The course.
    Course,
    /// A grain.
    Grain(&'static Grain),
    /// The class of a teacher.
    Class,
    /// « Mes données ».
    MyData,
    /// The dialog in which a teacher chooses what to place.
    Picker,
}

impl WayBack {
    /// The page whose buttons and links lead to `path`, below no root.
    pub(crate) fn from_path(catalogue: &Catalogue, path: &str) -> Self {
        let grain = path
            .strip_prefix("/grains/")
            .and_then(|rest| catalogue.grain(rest.split('/').next()?));
        match grain {
            Some(place) => Self::Grain(place.grain),
            None if path.starts_with(route::CLASS) => Self::Class,
            None if path.starts_with(route::MY_DATA) => Self::MyData,
            None if path == route::LTI_DEEP_LINKING => Self::Picker,
            None => Self::Course,
        }
    }

    /// The link to it; none to the course, which each page of an error has anyway.
    pub(super) fn way_out(self, urls: &Urls) -> Option<WayOut> {
        let (label, href) = match self {
            Self::Course => return None,
            Self::Grain(grain) => ("Revenir au grain", urls.grain(grain.id)),
            Self::Class => ("Revenir à la classe", urls.class()),
            Self::MyData => ("Revenir à mes données", urls.my_data()),
            Self::Picker => ("Revenir au choix", urls.deep_linking()),
        };
        Some(WayOut {
            label: label.to_owned(),
            href,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_button_leads_back_to_its_page() {
        let catalogue = Catalogue::compiled();
        for (path, page) in [
            ("/grains/grain2/completion", Some("/grains/grain2")),
            ("/grains/grain2/completion/undo", Some("/grains/grain2")),
            ("/grains/none/completion", None),
            ("/class/resending", Some("/class")),
            ("/my-data/erasure", Some("/my-data")),
            ("/lti/deep-linking", Some("/lti/deep-linking")),
            ("/api/progress", None),
        ] {
            let back = WayBack::from_path(&catalogue, path).way_out(&Urls::default());
            assert_eq!(back.map(|link| link.href).as_deref(), page, "{path}");
        }
    }
}
