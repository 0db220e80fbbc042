//! Rendered → Frame → bytes, the transports that hand them over, and what comes back.

mod dkim;
mod dns;
mod encoded_word;
mod error;
mod frame;
mod header;
mod inline;
mod maildir;
mod quoted_printable;
mod reply;
mod reports;
mod smtp;
mod transport;

pub use dkim::{Dkim, DkimKey};
pub use dns::Dns;
pub use error::MailError;
pub use frame::Frame;
pub use header::Personal;
pub use inline::InlineParts;
pub use maildir::Maildir;
pub use reports::{Content, Event, Inbox, Incoming, LIMIT, Marks, Waiting, mark};
pub use smtp::{Acquaintance, Capabilities, Smtp, SmtpSettings, Timeouts, Tls};
pub use transport::{Counters, Envelope, Gate, Handover, Open, Transport};
