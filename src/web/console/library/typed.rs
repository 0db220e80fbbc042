//! How texts look that someone is writing: made when they were checked, and kept for the frames beside the form.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::app::writing::Preview;
use crate::domain::writing::TextRef;
use crate::web::console::caller::Caller;

/// How long one is kept.
const KEPT: Duration = Duration::from_mins(30);

/// How many are kept, at some hundred kilobytes each; the oldest go first.
const MOST: usize = 40;

/// The newest look of each text that someone writes.
#[derive(Debug, Default)]
pub(in crate::web::console) struct TypedTexts(Mutex<Vec<Typed>>);

#[derive(Debug)]
struct Typed {
    session: String,
    text: TextRef,
    since: Instant,
    preview: Arc<Preview>,
}

impl TypedTexts {
    pub(super) fn keep(&self, caller: &Caller, text: &TextRef, preview: Preview) {
        let (session, since) = (caller.session_key(), Instant::now());
        let mut kept = self.0.lock();
        kept.retain(|one| (&one.session, &one.text) != (&session, text) && one.since.elapsed() < KEPT);
        kept.push(Typed { session, text: text.clone(), since, preview: Arc::new(preview) });
        if kept.len() > MOST {
            kept.remove(0);
        }
    }

    pub(super) fn kept(&self, caller: &Caller, text: &TextRef) -> Option<Arc<Preview>> {
        let session = caller.session_key();
        let kept = self.0.lock();
        kept.iter().find(|one| one.session == session && one.text == *text).map(|one| Arc::clone(&one.preview))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::Role;
    use crate::web::console::caller::Person;

    #[test]
    fn nobody_sees_what_another_is_writing() {
        let caller = |session: &str| {
            let person = Person { user: None, name: String::new(), role: Role::Editor };
            Caller::new(person, String::new(), session.to_owned())
        };
        let text = TextRef::parse("games", "x").unwrap();
        let preview = |mail: &str| Preview { mail: mail.to_owned(), text: String::new(), web: String::new() };
        let typed = TypedTexts::default();
        typed.keep(&caller("a"), &text, preview("one"));
        typed.keep(&caller("a"), &text, preview("two"));
        assert!(typed.kept(&caller("b"), &text).is_none());
        assert_eq!(typed.kept(&caller("a"), &text).unwrap().mail, "two");
        for n in 0..MOST {
            typed.keep(&caller(&n.to_string()), &text, preview(""));
        }
        assert!(typed.kept(&caller("a"), &text).is_none(), "there's no room for all");
    }
}
