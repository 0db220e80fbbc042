//! Who an audit's row names.

use crate::domain::audit::OPERATOR;

/// What older versions wrote for some of an operator's commands.
const CLI: &str = "cli";

/// The actor of a stored row, as it is told.
pub(in crate::store) fn actor(stored: String) -> String {
    if stored == CLI { OPERATOR.to_owned() } else { stored }
}
