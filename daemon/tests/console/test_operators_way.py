"""What an operator does on an ordinary day."""

from browser import ENTER
from case import BROKEN, Console, faster_cashier
from daemon import changed


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
        self.browser.wait_for_text("#try-notice", "openId must have 3 to 256 characters but has 1.")

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
        # The chart marks another generation only beside one that it has seen.
        self.browser.wait_for_text("#requests-legend", "0 requests a second")
        self.check(changed("shift-2", faster_cashier))
        self.browser.wait_for_text("#change-report", "1 added")
        self.browser.wait_for_text("#change-report", "1 removed")
        self.browser.wait_for_text("#change-report", "1 changed")
        self.browser.wait_for_text("#change-report del", '"percentage": 12.5')
        self.browser.wait_for_text("#change-report ins", '"percentage": 50')
        self.browser.run("document.querySelector('#change-report').scrollIntoView()")
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

    def test_a_question_asked_again_at_once_waits_for_its_own_answer(self):
        self.open()
        self.check(changed("shift-2", faster_cashier))
        self.browser.click("#apply")
        self.browser.wait("$('#confirm').open")
        # Browsers tell that a dialog closed only a frame later.
        self.browser.run("document.querySelector('#confirm-no').click(); document.querySelector('#apply').click()")
        self.browser.run("return new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "serves now as generation 2")

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
        self.picture("drained")
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
