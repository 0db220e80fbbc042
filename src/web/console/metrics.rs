//! `/metrics` for Prometheus, in the `OpenMetrics` text format.

use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::state::Console;
use crate::app::metrics::{Metrics, OUTCOMES};
use crate::domain::bulletin::BulletinName;
use crate::domain::delivery::Tally;
use crate::messages;
use crate::web::log_limiter::LogLimiter;

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// The figures as they are now.
pub(super) async fn metrics(State(console): State<Console>) -> Response {
    let told = match console.parts().metrics().collect().await {
        Ok(metrics) => text(&metrics),
        Err(error) => Err(messages::errors::error(&error)),
    };
    match told {
        Ok(text) => ([(header::CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(error) => {
            static LIMITER: LogLimiter = LogLimiter::new();
            LIMITER.error(&format!("the metrics could not be read: {error}"));
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}

fn text(metrics: &Metrics) -> Result<String, String> {
    let mut registry = Registry::with_prefix("fortnightly");
    let attempts = Family::<Labels, Counter>::default();
    for (outcome, count) in OUTCOMES.iter().zip(metrics.attempts) {
        attempts.get_or_create(&vec![("outcome", (*outcome).to_owned())]).inc_by(count);
    }
    registry.register("attempts", "Attempts of this process, by what came of them", attempts);
    gauges(&mut registry, "deliveries", "Deliveries of recent editions, by state", deliveries(metrics));
    let bounced = metrics.editions.iter().map(|(number, _, bounced)| (vec![("edition", number.to_string())], *bounced));
    let help = "Accepted deliveries of recent editions that came back";
    gauges(&mut registry, "deliveries_bounced", help, bounced.collect());
    let of = |(name, tally, _): &(BulletinName, Tally, u64)| states(&("bulletin", name.to_string()), tally);
    let help = "Deliveries of recent bulletins, by state";
    gauges(&mut registry, "bulletin_deliveries", help, metrics.bulletins.iter().flat_map(of).collect());
    let bounced = metrics.bulletins.iter().map(|(name, _, bounced)| (vec![("bulletin", name.to_string())], *bounced));
    let help = "Accepted deliveries of recent bulletins that came back";
    gauges(&mut registry, "bulletin_deliveries_bounced", help, bounced.collect());
    gauge(&mut registry, "bulletins_held", "Bulletins that wait for a person", metrics.bulletins_held);
    let by_state = [
        ("active", metrics.subscribers.active),
        ("pending", metrics.subscribers.pending),
        ("ended", metrics.subscribers.ended),
    ];
    let by_state = by_state.map(|(state, count)| (vec![("state", state.to_owned())], count));
    gauges(&mut registry, "subscribers", "Organisations, by state", by_state.to_vec());
    let came = Family::<Labels, Counter>::default();
    for (kind, count) in &metrics.reports {
        came.get_or_create(&vec![("kind", kind.to_string())]).inc_by(*count);
    }
    registry.register("reports", "Messages that came in, by what they were", came);
    gauge(&mut registry, "suppressions", "Addresses that are never mailed", metrics.suppressions);
    gauge(&mut registry, "bounce_waves", "Waves of bounces that wait for a person", metrics.waves);
    let help = "Things that wait until a person decides or mends them; /readyz names them";
    gauge(&mut registry, "attention", help, metrics.attention);
    gauge(&mut registry, "editions_held", "Editions that wait for a person", metrics.held);
    let due = metrics.next_due.and_then(|due| u64::try_from(due.timestamp()).ok());
    if let Some(due) = due {
        gauge(&mut registry, "next_due_timestamp_seconds", "When the next edition is due (Unix time)", due);
    }
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    gauges(&mut registry, "build_info", "The program's version", vec![(version, 1)]);
    let mut out = String::new();
    encode(&mut out, &registry).map_err(|error| error.to_string())?;
    Ok(out)
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge = Gauge::<u64, AtomicU64>::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn gauges(registry: &mut Registry, name: &str, help: &str, values: Vec<(Labels, u64)>) {
    let family = Family::<Labels, Gauge<u64, AtomicU64>>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

fn deliveries(metrics: &Metrics) -> Vec<(Labels, u64)> {
    let all = metrics.editions.iter().flat_map(|(number, tally, _)| states(&("edition", number.to_string()), tally));
    all.collect()
}

fn states(whose: &(&'static str, String), tally: &Tally) -> [(Labels, u64); 8] {
    tally.by_state().map(|(state, count)| (vec![whose.clone(), ("state", state.to_owned())], count))
}
