//! Who is on the mailing list: who may subscribe or come back, what a click does, what ends it, what is forgotten.
//!
//! Every decision is a function on a [`mailing_list::MailingList`]: the rows that it depends on, read together. It changes
//! them in memory; the store writes the changed ones in the transaction that read them, or nothing.

pub mod bounce;
pub mod census;
pub mod confirm;
pub mod diagnosis;
pub mod export;
pub mod forget;
pub mod import;
pub mod mailbox;
pub mod mailing_list;
pub mod report_kind;
pub mod request;
pub mod returned;
pub mod rows;
pub mod subject_data;
pub mod subscribe;
pub mod suppression;
pub mod sync;
pub mod unsubscribe;
pub mod wave;

#[cfg(test)]
mod tests;
