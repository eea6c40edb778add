//! How long a job waits before it is tried again. Pure.

use time::Duration;

/// The longest wait.
pub const MAX_DELAY: Duration = Duration::hours(24);

/// The wait after the first attempt; it doubles with each further one.
const FIRST_DELAY: Duration = Duration::seconds(10);

/// Fourteen doublings of ten seconds are more than a day.
const MAX_DOUBLINGS: u32 = 14;

/// The wait after attempt `attempt` (from 1), a quarter shorter or longer as `chance` (0 to 1)
/// has it, so that jobs that failed together do not come back together; at least `not_before`,
/// at most [`MAX_DELAY`].
pub(super) fn after(attempt: i32, not_before: Option<Duration>, chance: f64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0);
    let whole = FIRST_DELAY * 2_i32.pow(doublings.min(MAX_DOUBLINGS));
    let spread = whole * (0.75 + chance.clamp(0.0, 1.0) / 2.0);
    spread.max(not_before.unwrap_or_default()).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_day() {
        let waits = [1, 2, 3, 8].map(|attempt| after(attempt, None, 0.5).whole_seconds());
        assert_eq!(waits, [10, 20, 40, 1280]);
        for attempt in [15, 40, i32::MAX] {
            assert_eq!(after(attempt, None, 0.5), MAX_DELAY, "{attempt}");
        }
        assert_eq!(after(0, None, 0.5), FIRST_DELAY);
    }

    #[test]
    fn chance_moves_the_wait_by_a_quarter_at_most() {
        let range = [0.0, 1.0, -7.0, 7.0].map(|chance| after(3, None, chance).whole_seconds());
        assert_eq!(range, [30, 50, 30, 50]);
    }

    #[test]
    fn what_the_platform_asks_for_is_the_least_but_never_more_than_a_day() {
        assert_eq!(
            after(1, Some(Duration::minutes(5)), 0.5),
            Duration::minutes(5)
        );
        assert_eq!(
            after(8, Some(Duration::minutes(5)), 0.5),
            Duration::seconds(1280)
        );
        assert_eq!(after(1, Some(Duration::weeks(9)), 0.5), MAX_DELAY);
    }
}
