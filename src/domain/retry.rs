//! When a deferred delivery is tried again (design §2.7).
