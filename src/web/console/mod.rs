//! What operators see, on a listener of its own: whether we live, and the metrics.

mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::serve::Site;
use crate::app::metrics::MetricsCollector;

/// The operators' site.
pub fn site(current: impl Fn() -> MetricsCollector + Send + Sync + 'static) -> Site {
    let current: metrics::Current = Arc::new(current);
    Site(Router::new().route("/healthz", get(alive)).route("/metrics", get(metrics::metrics)).with_state(current))
}

async fn alive() -> &'static str {
    "ok\n"
}
