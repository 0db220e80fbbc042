//! Who decided something: the audit names them.

use crate::domain::user::person::Person;
use crate::store::acting;

/// Does `work` for this person: what it decides names them in the audit. Tasks that it spawns name nobody.
pub async fn as_person<F: Future>(person: Option<&Person>, work: F) -> F::Output {
    acting::as_person(person, work).await
}
