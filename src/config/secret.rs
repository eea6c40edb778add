//! A text or a key that must not be seen.

use std::fmt;

/// A secret: its bytes never print.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(pub(super) Vec<u8>);

impl Secret {
    /// A secret whose bytes are those of a text.
    pub fn from_text(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// The bytes, for the one that signs or checks with them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
