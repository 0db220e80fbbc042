//! Reasons as two columns: a code, and their data as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Error, Map, Value};

use crate::domain::edition::{EditionState, StateReason};

/// A reason's code, and its data as JSON if it has some.
pub(in crate::store) type Columns = (String, Option<String>);

/// A reason from its two columns; none without a code.
pub(in crate::store) fn read<T: DeserializeOwned>(
    code: Option<String>,
    detail: Option<&str>,
) -> Result<Option<T>, Error> {
    let Some(code) = code else { return Ok(None) };
    let mut fields = Map::from_iter([("code".to_owned(), Value::String(code))]);
    if let Some(detail) = detail {
        fields.insert("detail".to_owned(), serde_json::from_str(detail)?);
    }
    serde_json::from_value(Value::Object(fields)).map(Some)
}

/// A reason as its two columns.
pub(in crate::store) fn columns(reason: &impl Serialize) -> Result<Columns, Error> {
    let value = serde_json::to_value(reason)?;
    let code = value["code"].as_str().unwrap_or_default().to_owned();
    Ok((code, value.get("detail").map(Value::to_string)))
}

/// Why an edition is in this state, from two columns.
pub(in crate::store) fn read_state(
    state: EditionState,
    code: Option<String>,
    detail: Option<&str>,
) -> Result<Option<StateReason>, Error> {
    Ok(match state {
        EditionState::Held => read(code, detail)?.map(StateReason::Held),
        EditionState::Missed => read(code, detail)?.map(StateReason::Missed),
        EditionState::Withdrawn => read(code, detail)?.map(StateReason::Withdrawn),
        _ => None,
    })
}

/// Why an edition is in its state, as two columns.
pub(in crate::store) fn state_columns(reason: Option<&StateReason>) -> Result<Option<Columns>, Error> {
    let columns = reason.map(|reason| match reason {
        StateReason::Held(reason) => columns(reason),
        StateReason::Missed(reason) => columns(reason),
        StateReason::Withdrawn(reason) => columns(reason),
    });
    columns.transpose()
}
