//! Subscribers out as CSV, in the columns that an import reads.

use std::io::Write;

use super::csv_import::COLUMNS;
use crate::domain::band::Bands;
use crate::domain::subscriber::{MailboxState, SubscriberRecord};

/// Writes every active mailbox.
///
/// # Errors
/// When `output` cannot be written.
pub fn write(output: impl Write, subscribers: &[SubscriberRecord], bands: &Bands) -> Result<u64, csv::Error> {
    let mut csv = csv::Writer::from_writer(output);
    csv.write_record(COLUMNS)?;
    let mut rows = 0;
    for subscriber in subscribers {
        let profile = &subscriber.profile;
        for mailbox in subscriber.mailboxes.iter().filter(|m| m.state == MailboxState::Active) {
            let list: Vec<&str> = bands.ordered(&mailbox.bands).iter().map(|band| band.id.as_str()).collect();
            let urn = profile.urn.as_deref().unwrap_or("");
            csv.write_record([
                &profile.name,
                profile.sector.as_str(),
                mailbox.address.as_str(),
                &list.join(" "),
                "",
                profile.locale.as_str(),
                urn,
            ])?;
            rows += 1;
        }
    }
    csv.flush()?;
    Ok(rows)
}
