//! Why mails did not arrive, in plain words and by receiving domain, each with a link to those mails.

use serde::Serialize;

use crate::app::edition_report::Failures;
use crate::domain::bulletin::MailingName;
use crate::messages::troubles;
use crate::web::console::caller::Caller;
use crate::web::console::mailing;

/// How many domains are shown.
const DOMAINS: usize = 20;

#[derive(Debug, Default, Serialize)]
pub(super) struct FailuresView {
    id: String,
    title: &'static str,
    troubles: Vec<Group>,
    domains: Vec<Group>,
    /// How many mails belong to domains that aren't shown.
    rest: u64,
    /// How many domains those are.
    rest_domains: usize,
    are_all: bool,
}

#[derive(Debug, Serialize)]
struct Group {
    what: String,
    advice: &'static str,
    mails: u64,
    url: String,
}

impl FailuresView {
    /// `state` names their list; none where there are none.
    pub(super) fn new(caller: &Caller, of: &MailingName, failures: &Failures, state: &str) -> Option<Self> {
        if failures.troubles.is_empty() {
            return None;
        }
        let list = |name: &str, value: &str| caller.link(&mailing::deliveries(of, state, &[(name, value)]));
        let troubles = failures.troubles.iter().map(|(trouble, mails)| Group {
            what: troubles::trouble(*trouble).to_owned(),
            advice: troubles::remedy(*trouble),
            mails: *mails,
            url: list("why", trouble.as_str()),
        });
        let domain = |(domain, mails): &(String, u64)| {
            let is_known = !domain.is_empty();
            let what = if is_known { domain.clone() } else { "Addresses that have since been forgotten".to_owned() };
            Group {
                what,
                advice: "",
                mails: *mails,
                url: if is_known { list("domain", domain) } else { String::new() },
            }
        };
        let (shown, rest) = failures.domains.split_at(failures.domains.len().min(DOMAINS));
        Some(Self {
            id: state.to_owned(),
            title: if state == "bounced" { "What came back" } else { "Why the others did not arrive" },
            troubles: troubles.collect(),
            domains: shown.iter().map(domain).collect(),
            rest: rest.iter().map(|(_, mails)| mails).sum(),
            rest_domains: rest.len(),
            are_all: failures.are_all,
        })
    }
}
