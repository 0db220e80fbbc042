//! What mail that comes back is: the kinds that are counted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::subscriber::{WordError, words};

words! {
    /// What a message that came in was.
    ReportKind, "kind" {
        /// A bounce of a mail of ours.
        Bounced = "bounced",
        /// A bounce of a mail to an operator.
        OperatorBounced = "operator-bounced",
        /// A complaint about a mail of ours.
        Complained = "complained",
        /// A wish to leave.
        Left = "left",
        /// A bounce, a complaint or a wish without a mark of ours that verifies.
        Unmatched = "unmatched",
        /// Too large, too deep, or too slow to read.
        Unreadable = "unreadable",
        /// It carries a mark of ours that verifies, and its form is unknown.
        NotUnderstood = "not-understood",
        /// Anything else: automatic replies, delays, mail to nobody.
        Other = "other",
    }
}
