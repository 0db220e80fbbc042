//! What every backend must do, written against the trait alone.
//!
//! Each function takes what opens handles to one fresh store: the first call opens it.

pub(super) mod bulletins;
pub(super) mod decisions;
pub(super) mod deliveries;
pub(super) mod editions;
pub(super) mod limits;
pub(super) mod lists;
pub(super) mod notices;
pub(super) mod parts;
pub(super) mod people;
pub(super) mod privacy;
pub(super) mod reading;
pub(super) mod texts;
pub(super) mod transactional;
pub(super) mod users;
pub(super) mod waves;

use super::{desk, samples, whole};

/// Makes one test per name; `$open` evaluates to a fresh `impl Fn() -> Arc<dyn Store>` each time.
macro_rules! conform {
    ($open:expr; $($part:ident :: $name:ident),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let open = $open;
            super::conformance::$part::$name(&open).await;
        }
    )*};
}

/// The tests that one handle is enough for.
macro_rules! conform_all {
    ($open:expr) => {
        #[test]
        fn steps_never_lose_or_repeat() {
            $crate::store::random::steps_never_lose_or_repeat(|| $open);
        }
        #[test]
        fn what_is_counted_is_what_is_there() {
            $crate::store::counts::what_is_counted_is_what_is_there(|| $open);
        }
        $crate::store::conformance::conform! { $open;
            people::subscribing_adds_updates_and_respects_who_left,
            people::rows_that_share_a_urn_are_one_subscriber,
            people::an_ended_mailbox_comes_back_with_its_subscriber,
            people::all_requests_or_none,
            people::unsubscribing_is_for_good_and_idempotent,
            people::a_mailbox_moves_and_keeps_its_number,
            people::sync_starts_ends_and_restores,
            people::sync_of_a_shared_mailbox_is_the_union,
            people::an_own_choice_holds_until_the_entry_changes,
            people::the_file_never_brings_back_who_left,
            people::a_sync_is_all_or_nothing,
            people::a_file_synced_once_asks_for_nothing_more,
            people::counts_are_of_organisations,
            people::a_store_knows_62_bands,
            people::the_audit_table_has_every_decision_and_no_address,
            texts::a_text_keeps_its_versions,
            texts::the_oldest_versions_of_a_text_go,
            lists::a_page_ends_where_the_next_begins,
            lists::a_name_is_found_by_its_words_and_comes_with_its_mailboxes,
            lists::a_search_follows_every_name_and_number,
            lists::a_rehearsal_forgets_nothing,
            lists::an_organisation_is_never_cut_in_two,
            lists::the_audit_is_asked_about_subjects,
            lists::every_filter_finds_what_the_whole_list_has,
            lists::a_list_is_of_a_domain,
            lists::what_was_accepted_is_counted_by_the_minute,
            lists::readers_are_the_audience_one_by_one,
            lists::the_addressed_are_counted_by_segment,
            lists::who_gets_nothing_is_counted_by_name,
            lists::a_domain_has_those_below_it,
            lists::an_address_has_neighbours,
            privacy::an_erased_person_leaves_a_hash_and_the_counts,
            privacy::an_erased_person_comes_back_by_their_own_click_alone,
            privacy::nothing_is_sent_to_whom_is_erased_meanwhile,
            privacy::a_name_stays_while_it_names_someone_else,
            privacy::an_erased_person_s_wishes_and_letters_are_over,
            privacy::an_address_that_was_only_suppressed_is_erased,
            privacy::who_ended_long_ago_is_forgotten,
            privacy::who_never_confirmed_is_forgotten_with_the_wish,
            privacy::old_attempts_go_when_their_edition_is_sent,
            privacy::what_old_mails_said_goes_when_a_newer_edition_went_out,
            privacy::a_rule_of_editions_in_a_row_keeps_its_bounces,
            editions::facts_are_kept_until_something_was_published,
            editions::an_edition_is_read_as_it_was_written,
            editions::the_reasons_of_picks_are_read_as_they_were_written,
            editions::a_published_edition_does_not_change,
            editions::the_audience_is_grouped_by_what_differs,
            editions::what_was_published_is_read_back,
            editions::pictures_are_kept_with_their_edition_and_go_with_what_they_show,
            editions::only_what_was_rendered_is_published,
            editions::an_audience_that_changed_is_not_published,
            editions::nobody_is_an_audience_too,
            decisions::an_approval_survives_a_hold_and_not_a_repick,
            decisions::a_withdrawn_edition_comes_back_only_by_being_reinstated,
            decisions::a_hold_stops_the_sending_and_a_release_goes_on,
            decisions::a_held_one_that_expires_is_sent,
            decisions::a_withdrawn_activity_is_never_published,
            decisions::what_was_decided_on_an_older_reading_is_not_applied,
            decisions::a_withdrawal_ends_an_approval,
            decisions::what_was_approved_is_kept_until_it_is_published,
            decisions::the_audit_says_what_took_whose_place,
            bulletins::a_bulletin_is_read_as_it_was_written,
            bulletins::what_was_decided_on_an_older_reading_is_not_written,
            bulletins::a_bulletin_goes_to_whom_it_is_meant_for,
            bulletins::what_was_approved_of_a_bulletin_is_kept_until_it_is_published,
            bulletins::a_correction_goes_to_those_whose_mail_arrived,
            bulletins::it_is_sent_like_an_edition_and_is_none,
            bulletins::a_name_is_published_once,
            bulletins::one_that_comes_back_counts_in_no_row_of_editions,
            bulletins::what_is_left_of_it_is_put_off_and_given_up,
            bulletins::whoever_gets_the_earlier_mail_later_is_added,
            bulletins::nothing_of_a_withdrawn_one_is_taken_up_again,
            bulletins::what_is_no_longer_kept_is_not_taken_up_again,
            deliveries::each_is_claimed_once_in_order,
            deliveries::replies_mean_what_the_contract_says,
            deliveries::once_uncertain_never_refused,
            deliveries::a_mailbox_that_does_not_exist_is_suppressed,
            deliveries::who_leaves_after_publishing_is_not_mailed,
            deliveries::a_mark_needs_a_claim,
            deliveries::a_step_is_both_or_none,
            deliveries::a_step_that_is_refused_undoes_no_other,
            deliveries::a_clean_stop_puts_back_what_was_not_marked,
            deliveries::what_waits_expires,
            deliveries::it_is_sent_when_nothing_waits,
            deliveries::a_delivery_keeps_the_name_it_was_published_with,
            deliveries::what_ended_is_taken_up_again_with_its_full_time,
            deliveries::what_is_refused_for_its_pace_was_not_tried,
            deliveries::what_is_lost_at_its_dot_again_and_again_waits_for_a_person,
            deliveries::what_is_uncertain_is_resolved_and_nothing_else,
            deliveries::whoever_holds_the_number_leaves_and_may_be_let_back,
            deliveries::without_a_relay_all_wait_and_none_was_tried,
            limits::a_cap_counts_what_was_handed_over_and_what_is_in_hand,
            limits::a_cap_counts_what_is_in_hand_of_any_edition,
            parts::what_waits_expires_in_parts,
            parts::what_is_queued_is_put_off_in_parts,
            parts::what_ended_is_taken_up_again_in_parts,
            parts::what_is_uncertain_is_resolved_in_parts,
            reading::a_published_edition_is_read_as_it_went_out,
            reading::a_printable_is_found_with_the_edition_that_had_it_last,
            reading::a_view_tells_what_was_taken_back_and_when_it_came_back,
            reading::a_mended_text_stands_beside_what_was_sent,
            reading::revisions_are_read_as_they_were_written,
            reading::a_bounce_is_noted_once_and_means_what_its_status_says,
            waves::a_wave_waits_and_is_confirmed,
            waves::a_wave_is_dissolved_and_its_bounces_are_judged_again,
            waves::a_wave_is_dismissed_and_its_mails_may_be_sent_again,
            users::a_user_is_found_by_address_and_by_sign_on,
            users::the_number_of_a_removed_user_is_not_given_again,
            users::what_is_refused_changes_nothing,
            users::a_session_ends_when_it_must,
            users::whoever_is_wrong_too_often_waits,
            users::the_audit_names_who_had_it_done,
            notices::what_was_told_is_not_told_again,
            notices::an_operator_s_mail_concerns_no_mailbox,
            notices::an_outage_begins_goes_on_and_ends,
            transactional::what_belongs_to_no_edition_goes_first_and_ignores_its_hold,
            transactional::who_bounced_gets_none_and_who_left_does,
            transactional::a_request_is_fulfilled_once_and_in_time,
            transactional::nobody_is_asked_too_often_and_neither_is_everyone,
            transactional::leaving_closes_what_was_asked_and_undo_opens_what_was_closed,
        }
    };
}

/// The tests that need several handles on one store.
macro_rules! conform_shared {
    ($open:expr) => {
        $crate::store::conformance::conform! { $open;
            people::those_who_decide_on_two_handles_take_turns,
            deliveries::ten_claimers_on_two_handles_share_a_thousand,
            deliveries::what_a_dead_process_held_is_taken_up,
            deliveries::a_living_process_keeps_what_it_holds,
            deliveries::holding_back_instead_of_sending_again,
            limits::a_cap_is_kept_on_two_handles,
            transactional::each_is_claimed_once_and_settled,
            transactional::a_dead_process_s_mails_are_taken_up,
            notices::of_those_who_tell_the_same_one_is_heard,
            notices::what_a_dead_process_had_in_hand_for_operators_is_taken_up,
            editions::of_two_publishers_one_wins,
            decisions::of_ten_deciders_on_two_handles_one_is_heard,
        }
    };
}

pub(crate) use {conform, conform_all, conform_shared};
