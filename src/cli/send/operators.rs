//! What operators are told after a run in the foreground: where no daemon runs, nobody else tells them.

use tokio_util::sync::CancellationToken;

use crate::app::operator_notices::OperatorNotices;
use crate::app::sender::{Deliverer, Observer};
use crate::app::{AppContext, AppError, Content};
use crate::cli::out;
use crate::messages::{errors, notices};

/// Tells them what there is to tell, and sends that. It is no part of the sending: a failure is said and changes nothing.
pub(in crate::cli) async fn tell(
    app: &AppContext,
    content: Option<&Content>,
    observer: &dyn Observer,
    stop: &CancellationToken,
) {
    if let Err(error) = tell_and_post(app, content, observer, stop).await {
        out::note(&format!("Operators are told next time: {}", errors::error(&error)));
    }
}

async fn tell_and_post(
    app: &AppContext,
    content: Option<&Content>,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<(), AppError> {
    let told = OperatorNotices::new(app, content).tell(&notices::text).await?;
    if told.is_empty() { Ok(()) } else { Deliverer::new(app).post_what_waits(observer, stop).await }
}
