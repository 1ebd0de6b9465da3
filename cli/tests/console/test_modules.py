"""What the modules compute, in the browser that runs them."""

import json

from case import Console


class Modules(Console):
    def module(self, name, body):
        self.browser.run(
            "window.told = null; import('/modules/' + arguments[0]).then((module) => {"
            f"  (async () => {{ {body} }})().then((told) => {{ window.told = JSON.stringify(told); }});"
            "}, (error) => { window.told = JSON.stringify(String(error)); })",
            name,
        )
        return json.loads(self.browser.wait("window.told"))

    def setUp(self):
        super().setUp()
        # A place where modules may be loaded, and where the page does not run.
        self.browser.go(f"{self.daemon.console}console.css")

    def test_differences_lead_from_one_text_to_the_other(self):
        wrong = self.module("difference.js", r"""
            let seed = 1;
            const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
            const lines = () => Array.from({length: random(12)}, () => "abcd"[random(4)]);
            const wrong = [];
            for (let n = 0; n < 3000; n += 1) {
              const [before, after] = [lines(), lines()];
              const told = module.differenceOfLines(before, after);
              const side = (mark) => told.filter((each) => each.mark === " " || each.mark === mark).map(({line}) => line);
              if (side("-").join() !== before.join() || side("+").join() !== after.join()) wrong.push([before, after]);
            }
            return wrong;
        """)
        self.assertEqual(wrong, [])

    def test_rates_and_percentiles_are_of_what_came_between(self):
        told = self.module("snapshot.js", """
            const snapshot = (at, counts) => {
              let sum = 0;
              const cumulative = counts.map((n) => (sum += n));
              return module.totals({ at, uptimeMs: at, generation: 1, boundsNs: [100, 200, 400], identifications: [],
                latency: { count: sum, cumulative },
                listeners: [{ requests: [{ name: "SUCCESS", count: sum }], connections: { open: 1 } }] });
            };
            const moved = module.between(snapshot(1000, [50, 0, 5]), snapshot(3000, [50, 98, 7]));
            return [moved.seconds, moved.requests, module.quantile(moved, 0.5), module.quantile(moved, 0.99),
              module.between(snapshot(3000, [5, 0, 0]), snapshot(4000, [1, 0, 0]))];
        """)
        self.assertEqual(told, [2, 100, 200, 400, None])

    def test_scales_hold_every_value(self):
        told = self.module("chart.js", """
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
        self.assertEqual(told, [])

    def test_a_tab_that_nobody_sees_does_not_ask(self):
        told = self.module("polling.js", """
            const [set, clear] = [setTimeout, clearTimeout];
            const due = new Map();
            window.setTimeout = (run, ms) => (ms === 1000 ? (due.set(due.size + 1e6, run), due.size - 1 + 1e6) : set(run, ms));
            window.clearTimeout = (id) => due.delete(id) || clear(id);
            const settled = () => new Promise((done) => set(done, 0));
            const seen = (is) => {
              Object.defineProperty(document, "hidden", { value: !is, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            };
            const steps = [];
            let asked = 0;
            const note = async () => { await settled(); steps.push([asked, due.size]); };
            const ask = module.every(1000, async () => { asked += 1; });
            await note();
            seen(false);
            await note();
            ask();
            await note();
            seen(true);
            await note();
            ask();
            ask();
            await note();
            return steps;
        """)
        # How often it asked, and whether it will by itself: begun, unseen, told to although unseen, seen, told to twice.
        self.assertEqual(told, [[1, 1], [1, 0], [2, 0], [3, 1], [5, 1]])
