//! Mail that follows from one person's act: what it says, and from whom.

use super::context::{sender, service_info};
use super::{AppContext, AppError};
use crate::render::{TransactionalMail, render_transactional};
use crate::store::{LetterKind, NewLetter};

/// A mail as it waits to be sent.
pub(super) fn new_letter(
    context: &AppContext,
    kind: LetterKind,
    mail: TransactionalMail<'_>,
) -> Result<NewLetter, AppError> {
    let rendered = render_transactional(&service_info(&context.config), mail).map_err(AppError::Letter)?;
    Ok(NewLetter { kind, sender: sender(&context.config, &context.keyring), rendered })
}
