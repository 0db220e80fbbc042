//! The groups of readers of an edition or of a bulletin, each with a link to how it reads for them.

use serde::Serialize;

use super::segment::label;
use crate::domain::segment::Segment;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;

/// How many groups of readers are shown at once.
pub(in crate::web::console) const LARGEST: usize = 6;

/// One way in which it reads.
#[derive(Debug, Serialize)]
pub(in crate::web::console) struct SegmentLink {
    label: String,
    mailboxes: u64,
    url: String,
}

pub(in crate::web::console) fn largest_first(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.key.cmp(&b.key)));
    segments
}

/// `page` is its page, `query` what is added to each link.
pub(in crate::web::console) fn links(
    parts: &ConsoleParts,
    caller: &Caller,
    page: &str,
    query: &str,
    segments: &[Segment],
) -> Vec<SegmentLink> {
    let link = |segment: &Segment| SegmentLink {
        label: label(parts.config(), &segment.key),
        mailboxes: segment.recipients,
        url: caller.link(&format!("{page}/segments/{}{query}", segment.key.id(&parts.config().bands))),
    };
    segments.iter().map(link).collect()
}
