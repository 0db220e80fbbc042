//! Who has the store changed: carried along with the task that asks, so that no verb has to name them.

use std::sync::Arc;

use crate::domain::user::person::Person;

tokio::task_local! {
    static PERSON: Option<Arc<str>>;
}

/// Does `work`; whatever it has written to the audit names this person. Tasks that it spawns name nobody.
pub async fn as_person<F: Future>(person: Option<&Person>, work: F) -> F::Output {
    PERSON.scope(person.map(|person| person.to_string().into()), work).await
}

/// The person for whom this task, or this thread within [`on_behalf_of`], is at work.
pub(in crate::store) fn person() -> Option<Arc<str>> {
    PERSON.try_with(Clone::clone).ok().flatten()
}

/// Does `work` on a thread that is none of the task's, for the person for whom the task is at work.
pub(in crate::store) fn on_behalf_of<T>(person: Option<Arc<str>>, work: impl FnOnce() -> T) -> T {
    PERSON.sync_scope(person, work)
}
