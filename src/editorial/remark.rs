//! What an editor remarks on a text, before it is known in which file it stands.

/// One remark: a warning in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// A stable kebab-case name for this kind of remark.
    pub(super) code: &'static str,
    /// The byte of the page.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) help: String,
}

impl Remark {
    pub(super) fn new(code: &'static str, at: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: help.into() }
    }
}
