//! Whether an organisation's own templates show what its configuration says about it, and the pictures of its library.

use super::Templates;
use crate::domain::diagnostic::Diagnostic;
use crate::render::issue::Face;

/// How the template of a mail or a page shows a picture of an activity.
const PICTURE: &str = "{{#each picture}}";

impl Templates {
    /// A warning (`not-shown`) for each key of the face that is set, and that mails or pages don't show, because their templates
    /// come from a version that didn't know it.
    pub fn lacking(&self, face: &Face<'_>) -> Vec<Diagnostic> {
        let keys = [
            ("logo", face.logo.is_some(), "{{#each logo}}", "{{#each shell.logo}}"),
            ("footer", !face.footer.is_empty(), "{{service.footer}}", "{{shell.footer}}"),
            ("privacy_url", !face.privacy_url.is_empty(), "{{service.privacy_url}}", "{{shell.privacy_url}}"),
        ];
        let set = keys.into_iter().filter(|(_, is_set, ..)| *is_set);
        let lacking = set.filter_map(|(key, _, in_mails, on_pages)| {
            let who = who_lacks((self.sources.contains(in_mails), self.web_sources.contains(on_pages)), "it")?;
            Some(not_shown(format!("service.{key} is set, but {who} come from before there was such a key")))
        });
        lacking.collect()
    }

    /// The same of the pictures of activities.
    pub fn lacking_pictures(&self) -> Option<Diagnostic> {
        let who = who_lacks((self.sources.contains(PICTURE), self.web_sources.contains(PICTURE)), "them")?;
        Some(not_shown(format!("activities have pictures, but {who} have no place for them")))
    }
}

/// Who shows nothing of it, and the beginning of why, if someone doesn't.
fn who_lacks(shown: (bool, bool), it: &str) -> Option<String> {
    let who = match shown {
        (true, true) => return None,
        (false, true) => format!("the mails don't show {it}"),
        (true, false) => format!("the public pages don't show {it}"),
        (false, false) => format!("neither mails nor pages show {it}"),
    };
    Some(format!("{who}: their templates in templates/"))
}

fn not_shown(message: String) -> Diagnostic {
    let help = "`fortnightly templates diff` shows what is new in the shipped ones, and `fortnightly templates update` takes over \
                what you didn't change";
    Diagnostic::warning("not-shown", message).help(help)
}
