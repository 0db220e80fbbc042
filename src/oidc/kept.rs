//! What a provider said is kept for a while, and asked for by one request at a time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::error::OidcError;

/// How long it is relied on.
const LIFE: TimeDelta = TimeDelta::hours(1);

/// How long to wait before it is asked for again because something is not in it.
const REST: TimeDelta = TimeDelta::minutes(1);

/// How long nobody asks again after a failure: whoever is waiting is told of the same failure.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// Something that is kept.
pub(super) struct Kept<T>(Mutex<State<T>>);

struct State<T> {
    value: Option<(DateTime<Utc>, Arc<T>)>,
    /// When it was last asked for because something was not in it.
    asked_again: Option<DateTime<Utc>>,
    failed: Option<(DateTime<Utc>, OidcError)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(State { value: None, asked_again: None, failed: None }))
    }
}

impl<T> Kept<T> {
    /// What is kept, or else what `ask` tells; also where what is kept lacks something, but for that not more often than once a
    /// minute.
    pub(super) async fn get(
        &self,
        now: DateTime<Utc>,
        lacks: impl Fn(&T) -> bool + Sync,
        ask: impl Future<Output = Result<T, OidcError>> + Send,
    ) -> Result<Arc<T>, OidcError> {
        let mut state = self.0.lock().await;
        if let Some((at, value)) = &state.value
            && is_within(*at, now, LIFE)
        {
            if !lacks(value) || state.asked_again.is_some_and(|at| is_within(at, now, REST)) {
                return Ok(Arc::clone(value));
            }
            state.asked_again = Some(now);
        }
        if let Some((at, error)) = &state.failed
            && is_within(*at, now, PAUSE)
        {
            return Err(error.clone());
        }
        match ask.await {
            Ok(value) => {
                let value = Arc::new(value);
                state.value = Some((now, Arc::clone(&value)));
                state.failed = None;
                Ok(value)
            }
            Err(error) => {
                state.failed = Some((now, error.clone()));
                Err(error)
            }
        }
    }
}

/// A clock that was set back makes everything old.
fn is_within(at: DateTime<Utc>, now: DateTime<Utc>, length: TimeDelta) -> bool {
    at <= now && now - at < length
}

#[cfg(test)]
mod tests {
    use super::super::error::Part;
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[tokio::test]
    async fn it_is_asked_for_once_an_hour_and_again_when_something_is_not_in_it() {
        let kept = Kept::<u32>::default();
        let get = async |seconds, wanted: u32, told: u32| {
            *kept.get(at(seconds), |value| *value < wanted, async { Ok(told) }).await.unwrap()
        };
        assert_eq!(get(0, 0, 1).await, 1);
        assert_eq!(get(3599, 0, 2).await, 1, "it is kept");
        assert_eq!(get(3600, 0, 2).await, 2, "for an hour");
        assert_eq!(get(3601, 3, 3).await, 3, "at once, where something is not in it");
        assert_eq!(get(3660, 4, 4).await, 3, "but only once a minute");
        assert_eq!(get(3661, 4, 4).await, 4);
        assert_eq!(get(0, 0, 5).await, 5, "a clock that was set back");
    }

    #[tokio::test]
    async fn whoever_waits_for_no_answer_hears_the_same() {
        let kept = Kept::<u32>::default();
        let error = OidcError::NotUnderstood(Part::Keys);
        let failing = async { Err(error.clone()) };
        assert_eq!(kept.get(at(0), |_| false, failing).await, Err(error.clone()));
        assert_eq!(kept.get(at(4), |_| false, async { Ok(1) }).await, Err(error));
        assert_eq!(kept.get(at(5), |_| false, async { Ok(1) }).await.as_deref(), Ok(&1));
    }
}
