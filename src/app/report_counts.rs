//! How many messages came in, by what they were.

use std::collections::BTreeMap;

use super::AppError;
use crate::domain::subscription::report_kind::ReportKind;
use crate::store::Store;

/// Messages that came in, by kind: every kind is there.
pub(super) async fn every_kind(store: &dyn Store) -> Result<BTreeMap<ReportKind, u64>, AppError> {
    let counts = store.report_counts().await?;
    Ok(ReportKind::ALL.iter().map(|kind| (*kind, counts.get(kind).copied().unwrap_or(0))).collect())
}
