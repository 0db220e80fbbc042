//! Mail that follows from one person's act: what it says, and from whom.

use super::context::{sender, service_info};
use super::{AppContext, AppError};
use crate::domain::delivery::{TransactionalKind, TransactionalMail};
use crate::render::{self, render_transactional};

/// A confirmation or good-bye, and from whom it is.
pub(super) fn transactional_mail(
    context: &AppContext,
    kind: TransactionalKind,
    about: render::TransactionalText<'_>,
) -> Result<TransactionalMail, AppError> {
    let rendered = render_transactional(&service_info(&context.config), about)?;
    Ok(TransactionalMail { kind, sender: sender(&context.config, &context.keyring), rendered })
}
