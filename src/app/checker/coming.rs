//! What the checks share: the coming fortnights, and how findings name them.

use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::lists;

/// How far ahead `check` looks.
pub(super) const FORTNIGHTS: u32 = 26;

/// How many names a finding lists before it only counts.
pub(super) const LISTED: u32 = 3;

/// `a, b, c and 4 more`.
pub(super) fn some_of(names: &[String]) -> String {
    lists::some_of(names, LISTED as usize)
}

/// A warning about the config file.
pub(super) fn config_warning(config: &Config, code: &'static str, message: String) -> Diagnostic {
    Diagnostic::warning(code, message).in_file(config.file.display().to_string())
}
