//! Pictures inside a mail: parts that its HTML names by their Content-ID (RFC 2387, RFC 2392).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;

use super::error::MailError;
use crate::domain::picture::{Picture, PictureName};

/// Base64 characters on a line (RFC 2045 §6.8).
const LINE: usize = 76;

/// The pictures of an edition, each encoded once and shared by all mails that show it.
#[derive(Clone, Default)]
pub struct InlineParts(BTreeMap<PictureName, Arc<[u8]>>);

impl InlineParts {
    pub fn of<'a>(pictures: impl IntoIterator<Item = &'a Picture>) -> Self {
        Self(pictures.into_iter().map(|picture| (picture.info.name.clone(), encoded(picture).into())).collect())
    }

    /// The parts that a mail shows, in its order.
    ///
    /// # Errors
    /// When one of them is not here.
    pub(super) fn chosen(&self, names: &[PictureName]) -> Result<Vec<Arc<[u8]>>, MailError> {
        names.iter().map(|name| self.0.get(name).cloned().ok_or(MailError::NoPicture)).collect()
    }
}

impl fmt::Debug for InlineParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Headers and content of one part, without the boundary before it and without a last line break, which belongs to the
/// boundary after it (RFC 2046 §5.1.1).
fn encoded(picture: &Picture) -> Vec<u8> {
    let name = &picture.info.name;
    let mut out = format!(
        "Content-Type: {}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <{}>\r\n\
         Content-Disposition: inline; filename=\"{name}\"\r\n",
        name.media_type(),
        name.content_id()
    );
    for line in BASE64.encode(&picture.bytes).as_bytes().chunks(LINE) {
        out.push_str("\r\n");
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
    }
    out.into_bytes()
}
