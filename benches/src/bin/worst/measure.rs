//! Times compilations and lookups.

use std::hint::black_box;
use std::time::{Duration, Instant};

use codeid_benches::best_of;
use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};

/// The number of bytes as which a shorter code value counts: below, what a lookup takes whatever the
/// code value is would be all that is measured.
const MIN_BYTES: usize = 64;
/// Lookups are timed together until they take this long, so that reading the clock does not count.
const MIN_TIME: Duration = Duration::from_micros(4);
/// The time after which slow lookups are not repeated: they are interrupted anyway, and short
/// interruptions matter little.
const MAX_TIME: Duration = Duration::from_millis(30);
/// The time beyond which a compilation is repeated, because something else may have interrupted it.
pub(crate) const SLOW_COMPILATION: Duration = Duration::from_millis(150);

/// Compiles `json` within the default limits. Returns the time, too, for reading it and compiling:
/// the least of three if it is more than [`SLOW_COMPILATION`]. Returns `None` for the table if the
/// config is refused.
pub(crate) fn compile(json: &str) -> (Option<RouteTable>, Duration) {
    let limits = CompileLimits::default();
    let begun = Instant::now();
    let table = RouteTable::from_json(json.as_bytes(), &limits).ok();
    let mut time = begun.elapsed();
    if time > SLOW_COMPILATION {
        let again = best_of(2, || {
            RouteTable::from_json(json.as_bytes(), &limits).is_ok()
        });
        time = time.min(again);
    }
    (table, time)
}

/// Looks code values up in one thread.
pub(crate) struct Lookups {
    scratch: Scratch,
}

impl Lookups {
    pub(crate) fn new() -> Self {
        Self {
            scratch: Scratch::new(),
        }
    }

    /// Returns the nanoseconds of a lookup for each byte of `code`, which has an allowed length: the
    /// least of `runs`, or of fewer if these take longer than [`MAX_TIME`].
    pub(crate) fn nanoseconds_per_byte(
        &mut self,
        table: &RouteTable,
        code: &str,
        runs: usize,
    ) -> f64 {
        let code_value = CodeValue::new(code).expect("codes have an allowed length");
        let open_id = OpenId::new("user-42").expect("it has an allowed length");
        let mut look_up = || {
            black_box(table.identify(code_value, open_id, &mut self.scratch));
        };
        // The first one lets the scratch grow.
        look_up();
        let once = best_of(1, &mut look_up).max(Duration::from_nanos(1));
        let together = MIN_TIME.div_duration_f64(once).ceil().max(1.0);
        let count = (1..=100_u32).find(|count| f64::from(*count) >= together);
        let count = count.unwrap_or(100);
        let begun = Instant::now();
        let mut time = Duration::MAX;
        for _ in 0..runs {
            time = time.min(best_of(1, || (0..count).for_each(|_| look_up())));
            if begun.elapsed() > MAX_TIME {
                break;
            }
        }
        time.as_secs_f64() * 1e9 / f64::from(count) / code.len().max(MIN_BYTES) as f64
    }
}
