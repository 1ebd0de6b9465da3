"""The modules that compute, run in the browser."""

import json

from case import Console


class Modules(Console):
    def module(self, name, body):
        self.browser.run(
            "window.result = null; import('/modules/' + arguments[0]).then((module) => {"
            f"  (async () => {{ {body} }})().then((result) => {{ window.result = JSON.stringify(result); }});"
            "}, (error) => { window.result = JSON.stringify(String(error)); })",
            name,
        )
        return json.loads(self.browser.wait("window.result"))

    def setUp(self):
        super().setUp()
        # A file of the same origin, from which modules can be loaded without running the page.
        self.browser.go(f"{self.daemon.console}console.css")

    def test_a_difference_contains_both_texts(self):
        wrong = self.module("difference.js", r"""
            let seed = 1;
            const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
            const lines = () => Array.from({length: random(12)}, () => "abcd"[random(4)]);
            const wrong = [];
            for (let n = 0; n < 3000; n += 1) {
              const [before, after] = [lines(), lines()];
              const marked = module.differenceOfLines(before, after);
              const side = (mark) => marked.filter((each) => each.mark === " " || each.mark === mark).map(({line}) => line);
              if (side("-").join() !== before.join() || side("+").join() !== after.join()) wrong.push([before, after]);
            }
            return wrong;
        """)
        self.assertEqual(wrong, [])

    def test_rates_and_percentiles_cover_the_time_between_two_snapshots(self):
        result = self.module("snapshot.js", """
            const snapshot = (at, counts) => {
              let sum = 0;
              const cumulative = counts.map((n) => (sum += n));
              return module.totals({ at, uptimeMs: at, generation: 1, boundsNs: [100, 200, 400],
                identifications: [{ name: "DECODE", count: sum }], latency: { count: sum, cumulative }, sdkProxy: { requests: [] },
                listeners: [{ requests: [{ name: "SUCCESS", count: sum - 5 }, { name: "UNKNOWN_EXCEPTION", count: 5 }],
                  connections: { open: 1, refused: 0 } }] });
            };
            const moved = module.between(snapshot(1000, [50, 0, 5]), snapshot(3000, [50, 98, 7]));
            return [moved.seconds, moved.requests, moved.failed, module.quantile(moved, 0.5), module.quantile(moved, 0.99),
              module.between(snapshot(3000, [5, 0, 0]), snapshot(4000, [1, 0, 0]))];
        """)
        self.assertEqual(result, [2, 100, 0, 200, 400, None])

    def test_samples_are_points_in_their_time_and_missing_ones_are_gaps(self):
        result = self.module("figures.js", """
            const sample = (ms, lookups, p99Ns) => ({ ms, lookups, p50Ns: p99Ns, p99Ns, failedRequests: 5, illegalRequests: 0,
              refusedConnections: 0, sdkProxyFailures: 0 });
            const samples = [sample(10000, 100, 64), null, null, sample(30000, 600, null), sample(10000, 0, null)];
            const points = module.points({ ageMs: 2000, intervalMs: 10000, samples }, 100000);
            const rows = module.rows(points, 1, 100000);
            return [points.map(({ at, lookups, failed, p99 }) => [at, lookups, failed, p99]),
              rows.map(({ at, lookups, p99 }) => [at, lookups, p99])];
        """)
        beyond = 2**26
        expected = [[58000, 10, 0.5, 64], [68000, None, None, None], [78000, None, None, None], [88000, 20, 5 / 30, beyond], [98000, 0, 0.5, None]]
        self.assertEqual(result[0], expected)
        self.assertEqual(result[1], [[40000, 10, beyond]])

    def test_every_value_lies_on_its_scale(self):
        result = self.module("chart.js", """
            const wrong = [];
            for (const scale of [module.linear, module.logarithmic]) {
              for (const values of [[], [0], [1], [999], [1000], [1e3, 1e9], [64, 70], [123456.7], [2500, 2500]]) {
                const { ticks, place } = scale(values);
                const outside = values.filter((value) => value > 0).some((value) => !(place(value) >= 0 && place(value) <= 1));
                if (outside || !ticks.every(Number.isFinite) || ticks.length < 2) wrong.push([scale.name, values, ticks]);
              }
            }
            return wrong;
        """)
        self.assertEqual(result, [])

    def test_a_hidden_tab_does_not_poll(self):
        result = self.module("polling.js", """
            const [set, clear] = [setTimeout, clearTimeout];
            const due = new Map();
            window.setTimeout = (run, ms) => (ms === 1000 ? (due.set(due.size + 1e6, run), due.size - 1 + 1e6) : set(run, ms));
            window.clearTimeout = (id) => due.delete(id) || clear(id);
            const settled = () => new Promise((done) => set(done, 0));
            const setVisible = (visible) => {
              Object.defineProperty(document, "hidden", { value: !visible, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            };
            const steps = [];
            let runs = 0;
            const note = async () => { await settled(); steps.push([runs, due.size]); };
            const runNow = module.every(1000, async () => { runs += 1; });
            await note();
            setVisible(false);
            await note();
            runNow();
            await note();
            setVisible(true);
            await note();
            runNow();
            runNow();
            await note();
            return steps;
        """)
        # The runs so far, and the timers set: at first, hidden, run while hidden, visible again, run twice at once.
        self.assertEqual(result, [[1, 1], [1, 0], [2, 0], [3, 1], [5, 1]])
