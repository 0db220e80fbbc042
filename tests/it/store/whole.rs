//! Whole lists, put together from pages as commands read them: whatever the size of a page, the list is the same.

use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::subscriber::SubscriberRecord;
use fortnightly::domain::subscription::suppression::ListedSuppression;
use fortnightly::store::{Addressee, AuditRecord, Store, StoreError};

/// Sizes of pages: the smallest, one that ends in the middle of most lists, and one that holds all.
const SIZES: [u32; 3] = [1, 2, 1_000];

/// Reads a list a page at a time, at each of the sizes.
macro_rules! whole {
    ($read:expr, $last:expr) => {{
        let mut lists = Vec::new();
        for size in SIZES {
            let (mut list, mut after) = (Vec::new(), None);
            loop {
                let page = $read(after, size).await?;
                assert!(page.len() <= size as usize, "{} where {size} were asked for", page.len());
                let Some(last) = page.last() else { break };
                after = Some($last(last));
                list.extend(page);
            }
            lists.push(list);
        }
        assert!(lists.iter().all(|list| *list == lists[0]), "{lists:?}");
        lists.pop().unwrap()
    }};
}

/// What is in a store.
pub(crate) trait Whole: Store {
    async fn subscribers(&self) -> Result<Vec<SubscriberRecord>, StoreError> {
        Ok(whole!(|after, size| self.subscribers_page(after, size), |last: &SubscriberRecord| last.id))
    }

    async fn suppressions(&self) -> Result<Vec<ListedSuppression>, StoreError> {
        let read = async |after: Option<ListedSuppression>, size| {
            self.suppressions_page(after.as_ref().map(|after| &after.suppression), size).await
        };
        Ok(whole!(read, ListedSuppression::clone))
    }

    async fn audit(&self) -> Result<Vec<AuditRecord>, StoreError> {
        let list: Vec<_> = whole!(|after, size| self.audit_page(None, after, size), |last: &(_, _)| last.0);
        Ok(list.into_iter().map(|(_, record)| record).collect())
    }

    async fn addressees(&self, edition: EditionNumber) -> Result<Vec<Addressee>, StoreError> {
        Ok(whole!(|after, size| self.addressees_page(edition, after, size), |last: &Addressee| last.recipient))
    }
}

impl<T: Store + ?Sized> Whole for T {}
