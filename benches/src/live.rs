//! The engine behind the cell that a reload replaces, as the daemon uses it.

use codeid_engine::{CodeValue, LiveTable, RouteTable, Scratch};

use crate::Engine;
use crate::engines::open_id;

/// A live table that is borrowed once for each batch of lookups.
#[derive(Debug)]
pub struct LiveCodeid {
    live: LiveTable,
    scratch: Scratch,
    batch: usize,
}

impl LiveCodeid {
    /// Publishes `table`, to be borrowed once for every `batch` lookups.
    ///
    /// # Panics
    ///
    /// If `batch` is 0.
    #[must_use]
    pub fn new(table: RouteTable, batch: usize) -> Self {
        assert!(batch > 0, "a batch has a lookup");
        let live = LiveTable::new();
        live.publish(table);
        Self {
            live,
            scratch: Scratch::new(),
            batch,
        }
    }

    /// Looks codes up and calls `on_rule` with the ID of the rule that decides each.
    fn look_up(&mut self, codes: &[impl AsRef<str>], mut on_rule: impl FnMut(Option<&str>)) {
        let open_id = open_id();
        for batch in codes.chunks(self.batch) {
            self.live.with(|table| {
                let table = table.expect("a table is live");
                for code in batch {
                    let code = CodeValue::new(code.as_ref()).expect("codes have an allowed length");
                    let rule = table.identify(code, open_id, &mut self.scratch).rule;
                    on_rule(rule.map(|rule| rule.as_str()));
                }
            });
        }
    }
}

impl Engine for LiveCodeid {
    fn name(&self) -> &'static str {
        "codeid, live table"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        let mut winner = None;
        self.look_up(&[code], |rule| {
            let index = |rule: &str| {
                rule[1..]
                    .parse()
                    .expect("the id of a rule is r and its index")
            };
            winner = rule.map(index);
        });
        winner
    }

    fn count_hits(&mut self, codes: &[String]) -> usize {
        let mut hits = 0;
        self.look_up(codes, |rule| hits += usize::from(rule.is_some()));
        hits
    }
}
