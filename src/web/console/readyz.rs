//! `/readyz`: whether something waits for a person, a line for each, for monitoring.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::state::Console;
use crate::messages;
use crate::messages::attention::in_short;
use crate::web::log_limiter::LogLimiter;

/// 200 when nothing waits for a person; 503 with what does, or when the store cannot be read.
pub(super) async fn ready(State(console): State<Console>) -> Response {
    match console.parts().readiness().waiting().await {
        Ok(waiting) if waiting.is_empty() => "ok\n".into_response(),
        Ok(waiting) => {
            let lines: String = waiting.iter().map(|one| in_short(one) + "\n").collect();
            (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
        }
        Err(error) => {
            static LIMITER: LogLimiter = LogLimiter::new();
            LIMITER.error(&format!(
                "whether something needs a person could not be read: {}",
                messages::errors::error(&error)
            ));
            (StatusCode::SERVICE_UNAVAILABLE, "The store cannot be read.\n").into_response()
        }
    }
}
