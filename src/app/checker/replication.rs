//! Whether what the database answers may be lost.

use super::coming::config_warning;
use crate::app::nodes::{self, MAY_LOSE};
use crate::app::{AppContext, AppError};
use crate::domain::diagnostic::Diagnostic;

/// A warning (`asynchronous-standby`) where a standby may take over that has not got all.
pub(super) async fn may_lose(context: &AppContext) -> Result<Option<Diagnostic>, AppError> {
    let warning = config_warning(&context.config, "asynchronous-standby", MAY_LOSE.to_owned());
    let help =
        "set synchronous_standby_names on the database server, so that every change waits until a standby has it";
    Ok(nodes::may_lose(context).await?.then(|| warning.help(help)))
}
