//! Prose, rendered for the HTML and the text body of a mail.

pub(super) mod escape;
pub(super) mod html;
pub(super) mod phone_numbers;
pub(super) mod text;

use super::error::Part;
use crate::domain::prose::Prose;

/// `prose` as HTML or as wrapped lines; its headings have `level`.
pub(super) fn prose(prose: &Prose, part: Part, level: u8) -> String {
    match part {
        Part::Html => html::prose(prose, level),
        Part::Text => text::prose(prose, level),
    }
}
