//! Whether someone is told when an edition waits for approval.

use super::coming::config_warning;
use crate::config::Config;
use crate::domain::calendar::Approval;
use crate::domain::diagnostic::Diagnostic;

/// A warning (`no-operators`) when editions need approval and nobody is told that they do.
pub(super) fn missing(config: &Config) -> Option<Diagnostic> {
    let is_missing = config.schedule.approval == Approval::Required && config.service.operators.is_empty();
    is_missing.then(|| {
        let message =
            "editions need approval, and nobody is told: an approval that is forgotten is only a line in a log"
                .to_owned();
        config_warning(config, "no-operators", message)
            .help("set service.operators to the addresses of those who approve, such as [\"officer@example.org\"]")
    })
}
