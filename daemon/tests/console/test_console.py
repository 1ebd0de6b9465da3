"""The console in a real browser, against a real daemon.

    cargo build -p codeid && python3 -m unittest discover -s daemon/tests/console

Pictures of what an operator sees are left in target/console.
"""

import json
import unittest

from browser import ENTER, ESCAPE, SPACE, TAB, Browser
from daemon import OPERATOR, READER, ROOT, RULES, Daemon, Tunnel, changed

PICTURES = ROOT / "target" / "console"
DESKTOP, PHONE = (1280, 900), (390, 844)
VIEWS = ["overview", "rules", "try", "change", "history", "control"]

# Chromium notes each answer that is not a success; the page tells them to the operator itself.
NOTED = "Failed to load resource"

BROKEN = json.dumps(RULES, indent=2).replace("281\\\\d{3}", "281(\\\\d{3}").replace('"/m"', '"/m?"')


def faster_cashier(rules):
    rules[2]["canary"]["percentage"] = 50
    del rules[0]
    rules.append({"id": "tickets", "match": {"prefix": "TICKET:"}, "action": {"type": "DECODE"}})


class Console(unittest.TestCase):
    """A daemon for each test, and one browser for all."""

    rules = RULES
    settings = ()

    def setUp(self):
        self.daemon = Daemon(self.rules, self.settings)
        self.addCleanup(self.daemon.close)
        self.browser.look_like(*DESKTOP)

    def tearDown(self):
        said = [line for line in self.browser.complaints() if NOTED not in line]
        self.assertEqual(said, [])
        self.browser.go("about:blank")

    def open(self, view="overview", token=OPERATOR):
        """Opens the page over TCP, and signs in."""
        self.browser.go(f"{self.daemon.console}#{view}")
        self.browser.run("sessionStorage.clear()")
        self.browser.reload()
        self.browser.type("#token", token)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#readiness", "ready")

    def view(self, name):
        self.browser.click(f"nav a[href='#{name}']")
        self.browser.wait("!$(arguments[0]).hidden", f"#view-{name}")

    def picture(self, name):
        self.browser.screenshot(PICTURES / f"{name}.png")

    def check(self, config):
        """Pastes a candidate and checks it."""
        self.view("change")
        self.browser.paste("#candidate", config if isinstance(config, str) else json.dumps(config, indent=2))
        self.browser.click("#check")
        self.browser.wait("$('#verdict')")

    def apply(self, config):
        self.check(config)
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "serves now as generation")


def setUpModule():
    Console.browser = Browser()
    unittest.addModuleCleanup(Console.browser.close)


class OperatorsWay(Console):
    """What an operator does on an ordinary day, a picture of each."""

    def test_load(self):
        self.daemon.identify("28100104x", "user-1", times=20)
        self.open()
        table = self.daemon.status()["table"]
        self.browser.wait_for_text("#table-facts", table["sha256"])
        self.browser.wait_for_text("#table-facts", "routes.json")
        self.browser.wait_for_text("#serving", "generation 1 · shift-1")
        # Two looks make a rate.
        self.browser.wait("$('#requests-chart .line').getAttribute('d')")
        self.browser.wait_for_text("#results", "20 DECODE")
        self.browser.run("document.querySelector('details').open = true")
        self.browser.wait_for_text("#raw-status", '"uptimeMs"')
        self.browser.run("document.querySelector('details').open = false")
        for times in (90, 30, 60, 120):
            self.daemon.identify("28100104x", "user-1", times)
            seen = "$('#requests-chart .line').getAttribute('d').split('L').length"
            self.browser.wait(f"{seen} > arguments[0]", self.browser.run(f"const $ = (s) => document.querySelector(s); return {seen}"))
        self.picture("overview")

    def test_requests_move_the_chart(self):
        self.open()
        self.browser.wait("$('#requests-chart .line').getAttribute('d')")
        self.daemon.identify("28100104x", "user-1", times=200)
        self.browser.wait("!/ 0 requests|– requests/.test(' ' + $('#requests-legend').innerText)")
        self.browser.wait("/median \\d/.test($('#latency-legend').innerText)")

    def test_rules_with_live_counts(self):
        self.open("rules")
        self.browser.wait("$('#rules-body').children.length === 5")
        self.daemon.identify("28100104x", "user-1", times=7)
        self.daemon.identify("https://qr.example.com/m/1", "user-1")
        self.browser.wait("$('#rules-body tr:nth-child(2)').innerText.includes('7')")
        self.browser.click("#rules-head th:nth-child(6) button")
        self.browser.wait("$('#rules-body tr').innerText.includes('order-codes')")
        self.browser.click("#rules-body tr button")
        self.browser.wait_for_text("#rules-body .detail", "Order codes of all acquirers.")
        self.picture("rules")
        self.browser.type("#filter", "CASHIER")
        self.browser.wait_for_text("#rules-shown", "2 of 5 rules")

    def test_try_a_code(self):
        self.open("try")
        self.browser.type("#code-value", "https://qr.example.com/m")
        self.browser.type("#open-id", "user-8")
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-answer", "supported")
        rows = self.browser.run("return [...document.querySelectorAll('#try-answer tbody tr')].map((row) => row.innerText)")
        self.assertEqual(len(rows), 2)
        self.assertRegex(rows[0], r"new-cashier\s+refuses\s+outside: bucket [\d,]+ of 10,000, 12.5 %")
        self.assertRegex(rows[1], r"cashier\s+decides\s+none")
        self.picture("try")
        self.browser.type("#open-id", "u")
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-notice", "openId must have 3 to 256 characters, it has 1.")

    def test_a_broken_config_shows_its_errors_and_the_old_one_serves(self):
        self.open()
        before = self.daemon.status()["table"]
        path = self.daemon.write("broken.json", BROKEN)
        self.view("change")
        self.browser.upload("#upload", path)
        self.browser.wait("$('#candidate').value.includes('shift-1')")
        self.browser.click("#check")
        self.browser.wait_for_text("#change-report", "2 errors")
        self.browser.wait_for_text("#change-report", "unclosed group")
        self.browser.wait_for_text("#change-report", "/rules/2/match/url/path")
        self.assertTrue(self.browser.run("return document.querySelector('#apply').disabled"))
        self.picture("broken")
        self.browser.click("#change-report .link")
        chosen = "const {value, selectionStart} = $('#candidate'); return value.slice(selectionStart, selectionStart + 5)"
        self.assertEqual(self.browser.run(chosen.replace("$(", "document.querySelector(")), "(\\\\d{")
        self.assertEqual(self.daemon.status()["table"], before)

    def test_a_good_config_is_compared_applied_and_rolled_back(self):
        self.open()
        self.check(changed("shift-2", faster_cashier))
        self.browser.wait_for_text("#change-report", "1 added")
        self.browser.wait_for_text("#change-report", "1 removed")
        self.browser.wait_for_text("#change-report", "1 changed")
        self.browser.wait_for_text("#change-report del", '"percentage": 12.5')
        self.browser.wait_for_text("#change-report ins", '"percentage": 50')
        self.picture("difference")
        self.browser.click("#apply")
        self.browser.wait("$('#confirm').open")
        self.picture("apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "serves now as generation 2")
        self.browser.wait_for_text("#serving", "generation 2 · shift-2")
        self.browser.wait_for_text("#held", "applied by token alice")
        self.picture("applied")
        self.assertEqual(self.daemon.status()["table"]["version"], "shift-2")

        self.view("history")
        self.browser.wait("$('#history-body').children.length === 2")
        self.browser.click("#history-body tr:nth-child(2) button")
        self.browser.wait_for_text("#confirm", "Roll back to generation 1?")
        self.picture("roll-back")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#history-notice", "serves now as generation 3")
        self.browser.wait_for_text("#serving", "generation 3 · shift-1")
        self.picture("rolled-back")
        status = self.daemon.status()
        self.assertEqual((status["table"]["version"], status["hold"]["action"]), ("shift-1", "rollback"))
        self.view("overview")
        self.browser.wait("$('#requests-chart .mark')")

    def test_control(self):
        self.open("control")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "Generation 1")
        self.browser.type("#freeze-reason", "the night shift is alone")
        self.browser.press(ENTER)
        self.browser.wait_for_text("#held", "frozen by token alice")
        self.browser.wait_for_text("#held", "the night shift is alone")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "Thaw under Control")
        self.picture("control")
        self.browser.click("#thaw")
        self.browser.click("#confirm-yes")
        self.browser.wait("$('#held').hidden")
        self.assertIsNone(self.daemon.status()["hold"])

        self.browser.run("document.querySelector('#log-level').value = 'debug'")
        self.browser.click("#log-level-form button")
        self.browser.wait_for_text("#control-notice", "from debug on")
        self.assertEqual(self.daemon.status()["daemon"]["logLevel"], "debug")

        self.browser.click("#drain")
        self.browser.click("#confirm-no")
        self.assertFalse(self.daemon.status()["daemon"]["draining"])
        self.browser.click("#drain")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#readiness", "not ready")
        self.assertTrue(self.daemon.status()["daemon"]["draining"])

    def test_compare_with_a_table_of_the_past(self):
        self.open()
        self.apply(changed("shift-2", faster_cashier))
        self.view("history")
        self.browser.click("#history-body tr:nth-child(2) button:nth-of-type(2)")
        self.browser.wait_for_text("#change-report", "Version shift-1")
        self.browser.wait_for_text("#change-report", "1 added")

    def test_who_was_faster(self):
        self.open()
        self.check(changed("shift-2", faster_cashier))
        digest = self.daemon.status()["table"]["sha256"]
        self.daemon.ask("POST", "/v1/apply", changed("shift-of-another"), {"If-Match": f'"{digest}"'}.items())
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "version shift-of-another")
        self.browser.wait_for_text("#change-notice", "by uid ")
        self.picture("faster")
        self.assertEqual(self.daemon.status()["table"]["version"], "shift-of-another")
        self.browser.click("#compare-again")
        self.browser.wait_for_text("#change-report", "Against what serves")
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#serving", "generation 3 · shift-2")


class Looks(Console):
    def test_on_a_phone_nothing_is_wider_than_the_screen(self):
        self.browser.look_like(*PHONE)
        self.open()
        for view in VIEWS:
            with self.subTest(view):
                self.view(view)
                if view == "rules":
                    self.browser.wait("$('#rules-body').children.length === 5")
                if view == "history":
                    self.browser.wait("$('#history-body').children.length === 1")
                if view == "try":
                    self.browser.type("#code-value", "28100104" + "x" * 24)
                    self.browser.type("#open-id", "user-7")
                    self.browser.click("#try-form button")
                    self.browser.wait("$('#try-answer table')")
                if view == "change":
                    self.check(BROKEN)
                widths = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                self.assertEqual(widths[0], widths[1])
                self.picture(f"phone-{view}")

    def test_in_the_dark(self):
        self.browser.look_like(*DESKTOP, dark=True)
        self.open()
        self.browser.wait("$('#requests-chart .line').getAttribute('d')")
        self.picture("dark-overview")
        self.check(BROKEN)
        self.picture("dark-broken")

    def test_texts_have_enough_contrast(self):
        for dark in (False, True):
            self.browser.look_like(*DESKTOP, dark=dark)
            self.open()
            self.browser.wait("$('#requests-chart .line').getAttribute('d')")
            self.apply(changed("shift-2", faster_cashier) if not dark else changed("shift-3"))
            for view in VIEWS:
                with self.subTest(view, dark=dark):
                    self.view(view)
                    if view == "change":
                        self.check(BROKEN)
                    self.assertEqual(self.browser.run(LOW_CONTRAST), [])


# The texts whose contrast with what is behind them is below 4.5, the AA of WCAG 2.
LOW_CONTRAST = r"""
const parts = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = (color) => {
  const [r, g, b] = parts(color).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if ((parts(color)[3] ?? 1) > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const low = [];
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest(".unseen, :disabled, noscript")) continue;
  const style = getComputedStyle(element);
  const [a, b] = [element.closest("svg") ? style.fill : style.color, behind(element)].map(luminance);
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) low.push(`${texts.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
}
return low;
"""


class Keyboard(Console):
    """No mouse: what is done here is done with keys alone."""

    def focus(self, selector):
        """Presses Tab until an element has the focus, which must be seen."""
        for _ in range(60):
            self.browser.press(TAB)
            if self.browser.run("return document.activeElement?.matches(arguments[0])", selector):
                seen = "const {outlineStyle} = getComputedStyle(document.activeElement); return outlineStyle"
                self.assertNotEqual(self.browser.run(seen), "none", f"the focus on {selector} is not seen")
                return
        self.fail(f"Tab never comes to {selector}")

    def test_the_whole_way(self):
        press, wait = self.browser.press, self.browser.wait
        self.browser.go(self.daemon.console)
        wait("document.activeElement.id === 'token'")
        press(*OPERATOR, ENTER)
        self.browser.wait_for_text("#readiness", "ready")

        self.browser.run("document.activeElement.blur()")
        self.focus("#skip")
        press(ENTER)
        wait("document.activeElement.id === 'main'")

        self.browser.reload()
        self.browser.wait_for_text("#readiness", "ready")
        self.focus("nav a[href='#try']")
        press(ENTER)
        wait("document.activeElement.id === 'try-title'")
        self.focus("#code-value")
        press(*"28100104x")
        self.focus("#open-id")
        press(*"user-7", ENTER)
        wait("$('#try-answer table')")

        self.browser.reload()
        self.browser.wait_for_text("#readiness", "ready")
        self.focus("nav a[href='#change']")
        press(ENTER)
        wait("document.activeElement.id === 'change-title'")
        self.focus("#upload")
        self.focus("#from-serving")
        press(SPACE)
        wait("$('#candidate').value.includes('shift-1')")
        self.focus("#candidate")
        press(*" ")
        self.focus("#check")
        press(ENTER)
        wait("document.activeElement.matches('#change-report h2')")
        self.browser.run("document.querySelector('#check').focus()")
        self.focus("#apply")
        press(ENTER)
        wait("$('#confirm').open && document.activeElement.id === 'confirm-no'")
        press(ESCAPE)
        wait("!$('#confirm').open && document.activeElement.id === 'apply'")
        press(ENTER)
        wait("$('#confirm').open")
        self.focus("#confirm-yes")
        press(ENTER)
        self.browser.wait_for_text("#serving", "generation 2")
        wait("document.activeElement.matches('#change-notice .good')")

        self.browser.reload()
        self.browser.wait_for_text("#readiness", "ready")
        self.focus("nav a[href='#history']")
        press(ENTER)
        wait("$('#history-body').children.length === 2")
        self.focus("#history-body button")
        press(ENTER)
        wait("$('#confirm').open")
        self.focus("#confirm-yes")
        press(ENTER)
        self.browser.wait_for_text("#serving", "generation 3")
        wait("document.activeElement.id === 'history-title'")

    def test_everything_that_is_used_has_a_name(self):
        self.open()
        for view in VIEWS:
            self.view(view)
        nameless = self.browser.run("""
            return [...document.querySelectorAll("input, textarea, select, button, a, summary, pre[tabindex]")].filter((each) =>
              !each.closest("dialog") && !(each.getAttribute("aria-label") || each.labels?.length || each.innerText.trim() || each.textContent.trim())
            ).map(({outerHTML}) => outerHTML);
        """)
        self.assertEqual([each for each in nameless if "hidden" not in each], [], "outside of the dialog, whose texts come with it")


PLANTED = "<img src=x onerror='window.hit = 1'><script>window.hit = 2</script>"


class Hostile(Console):
    """Configs and errors are others' text. None of it becomes markup."""

    rules = changed(
        "<b>v</b><img src=x onerror='window.hit=3'>",
        lambda rules: rules[1].update(description=PLANTED, match={"prefix": PLANTED}),
    )

    def untouched(self):
        found = self.browser.run("return [window.hit ?? null, document.querySelectorAll('img, b:not(li > b), script').length]")
        self.assertEqual(found, [None, 1], "markup of others was made")

    def test_planted_markup_stays_text(self):
        self.open()
        self.browser.wait_for_text("#table-facts", "<img src=x")
        self.view("rules")
        self.browser.wait("$('#rules-body').children.length === 5")
        self.browser.click("#rules-body tr:nth-child(2) button")
        self.browser.wait_for_text("#rules-body .detail", PLANTED)
        self.view("history")
        self.browser.wait_for_text("#history-body", "<img src=x")
        self.untouched()

        self.view("try")
        self.browser.type("#code-value", PLANTED)
        self.browser.type("#open-id", PLANTED)
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-answer", PLANTED)
        self.untouched()

        def bad(rules):
            rules[0]["id"] = PLANTED
            rules[3][PLANTED] = 1
            rules[4]["match"] = {"regex": f"({PLANTED}"}

        self.check(changed("x", bad))
        self.browser.wait_for_text("#change-report", "3 errors")
        self.browser.wait_for_text("#change-report", "<img src=x onerror=")
        self.check(changed("<i>x</i>", lambda rules: rules[1].update(description=PLANTED + "2"), of=self.rules))
        self.browser.wait_for_text("#change-report ins", PLANTED + "2")
        self.browser.click("#apply")
        self.browser.wait_for_text("#confirm", "<i>x</i>")
        self.browser.click("#confirm-no")
        self.view("control")
        self.browser.type("#freeze-reason", PLANTED)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#held", PLANTED)
        self.untouched()

    def test_the_policy_forbids_what_would_be_planted(self):
        self.open()
        hit = """
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hit = 4'>");
            const script = document.createElement("script");
            script.textContent = "window.hit = 5";
            document.body.append(script);
            return window.hit ?? null;
        """
        self.assertIsNone(self.browser.run(hit))
        self.assertTrue(any("Content Security Policy" in line for line in self.browser.complaints()))


class Secrets(Console):
    """T31: who tries a code, and who signs in, leaves no trace."""

    def test_neither_openid_nor_token_is_kept_or_logged(self):
        code_value, open_id = "28100104PLANTEDCODE", "planted-open-id-7"
        self.open("try")
        self.daemon.ask("POST", "/v1/log-level", {"level": "trace"})
        self.browser.type("#code-value", code_value)
        self.browser.type("#open-id", open_id)
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-answer", "supported")
        page = self.browser.run("return document.documentElement.outerHTML.replace(/Raw answer[^]*?<\\/details>/, '')")
        kept = self.browser.run(
            "return JSON.stringify([location.href, history.state, document.title, {...localStorage}, document.cookie,"
            "performance.getEntriesByType('resource').map(({name}) => name)])"
        )
        self.daemon.stop()
        written = self.daemon.everything_written()
        for where in (page, kept, written):
            self.assertNotIn(open_id, where)
            self.assertNotIn(OPERATOR, where)
        self.assertNotIn(code_value, kept + written)
        stored = self.browser.run("return {...sessionStorage}")
        self.assertEqual(stored, {"codeid-token": OPERATOR})


class Tokens(Console):
    def test_a_wrong_token_is_refused_and_a_readers_may_only_read(self):
        self.browser.go(self.daemon.console)
        self.browser.type("#token", "wrong")
        self.browser.press(ENTER)
        self.browser.wait_for_text("#sign-in-notice", "The token is not known.")
        self.assertEqual(self.browser.run("return sessionStorage.length"), 0)
        self.picture("sign-in")
        self.browser.type("#token", READER)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#readiness", "ready")
        self.view("control")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "Sign in with one that has the role operate.")
        self.browser.click("#forget")
        self.browser.wait("!$('#sign-in').hidden && sessionStorage.length === 0")


class Away(Console):
    """Through a tunnel to the Unix socket, which asks for no token."""

    def test_the_page_says_that_the_daemon_is_away_and_recovers(self):
        tunnel = Tunnel(self.daemon.socket)
        self.addCleanup(tunnel.close)
        self.browser.go(tunnel.console)
        self.browser.wait_for_text("#readiness", "ready")
        self.daemon.stop()
        self.browser.wait_for_text("#outage", "The daemon does not answer since")
        self.picture("away")
        self.browser.click("nav a[href='#control']")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "The daemon cannot be reached.")
        self.daemon.start()
        self.browser.wait("$('#outage').hidden")
        self.browser.wait("$('#announcement').textContent.includes('was restarted')")
        self.apply(changed("shift-2", faster_cashier))
        self.browser.wait_for_text("#held", "applied by uid ")


class ManyRules(Console):
    rules = changed(
        "many",
        lambda rules: rules.extend(
            {"id": f"merchant-{n}", "match": {"exact": f"https://pay.example.com/{n}"}, "action": {"type": "DECODE"}} for n in range(5000)
        ),
    )
    settings = ("ac.route.max-config-characters=2000000",)

    def test_thousands_are_shown_by_the_page_filtered_and_sorted(self):
        self.open("rules")
        self.browser.wait_for_text("#rules-shown", "5,005 rules, the first 200 shown")
        self.browser.click("#rules-more")
        self.browser.wait("$('#rules-body').children.length === 400")
        self.browser.type("#filter", "merchant-4321")
        self.browser.wait_for_text("#rules-shown", "1 of 5,005 rules")
        self.browser.type("#filter", "merchant")
        self.browser.click("#rules-head th:nth-child(2) button")
        self.browser.click("#rules-head th:nth-child(2) button")
        self.browser.wait("$('#rules-body tr').innerText.includes('merchant-4999')")
        self.check(changed("many-2", lambda rules: [rule.update(description="x") for rule in rules], of=self.rules))
        self.browser.wait_for_text("#change-report", "5,005 changed")
        self.browser.wait_for_text("#change-report", "Show 50 more of 4,955")


class Modules(Console):
    """What the modules compute, in the browser that runs them."""

    def module(self, name, body):
        self.browser.run(
            "window.told = null; import('/modules/' + arguments[0]).then((module) => {"
            f"  window.told = JSON.stringify((() => {{ {body} }})());"
            "}, (error) => { window.told = JSON.stringify(String(error)); })",
            name,
        )
        return json.loads(self.browser.wait("window.told"))

    def setUp(self):
        super().setUp()
        self.open()

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


if __name__ == "__main__":
    unittest.main()
