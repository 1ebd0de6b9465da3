"""The tasks of an operator."""

import json

from browser import ENTER
from case import BROKEN, Console, change_three_rules
from daemon import changed


class OperatorTasks(Console):
    """The tasks of an operator, with a screenshot of each."""

    def test_the_overview_shows_the_table_and_the_traffic(self):
        self.daemon.identify("28100104x", "user-1", times=20)
        self.open()
        table = self.daemon.status()["table"]
        self.browser.wait_for_text("#live", "generation 1 · shift-1")
        self.browser.wait_for_text("#live-facts", "generation 1, 5 rules")
        self.browser.wait_for_text("#live-facts", "routes.json")
        self.open_details()
        self.browser.wait_for_text("#table-facts", table["sha256"])
        self.browser.wait_for_text("#table-facts", "routes.json")
        self.browser.wait_for_text("#results", "20 DECODE")
        # A local copy that was never made is not a failure.
        self.browser.wait_for_text("#sources", "nothing there yet")
        self.assertFalse(self.browser.run("return document.querySelectorAll('#details .bad').length"))
        self.browser.run("document.querySelector('#details details').open = true")
        self.browser.wait_for_text("#raw-status", '"uptimeMs"')
        self.browser.run("document.querySelector('#details').open = false")
        self.picture("overview")

    def test_requests_move_figures_and_charts(self):
        self.open()
        self.browser.wait("/^0/.test($('#tiles .figure').innerText)")
        self.daemon.identify("28100104x", "user-1", times=200)
        self.browser.wait("/^[\\d.,]*[1-9]/.test($('#tiles .figure').innerText)")
        self.browser.wait("/median \\d/.test($('#tiles').innerText)")
        self.browser.wait("$('#lookups-chart .line').getAttribute('d')")
        self.browser.wait("$('#lookups-chart title').textContent.startsWith('Lookups a second, ')")

    def test_rules_show_live_counts_and_can_be_filtered(self):
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

    def test_a_code_value_is_explained(self):
        self.open("try")
        self.browser.type("#code-value", "https://qr.example.com/m")
        self.browser.type("#open-id", "user-8")
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-result", "supported")
        rows = self.browser.run("return [...document.querySelectorAll('#try-result tbody tr')].map((row) => row.innerText)")
        self.assertEqual(len(rows), 2)
        self.assertRegex(rows[0], r"new-cashier\s+refuses\s+outside: bucket [\d,]+ of 10,000, 12.5 %")
        self.assertRegex(rows[1], r"cashier\s+decides\s+none")
        self.picture("try")
        self.browser.type("#open-id", "u")
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-notice", "openId must have 3 to 256 characters but has 1.")

    def test_a_broken_config_shows_its_errors_and_changes_nothing(self):
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
        selected = "const {value, selectionStart} = $('#candidate'); return value.slice(selectionStart, selectionStart + 5)"
        self.assertEqual(self.browser.run(selected.replace("$(", "document.querySelector(")), "(\\\\d{")
        self.assertEqual(self.daemon.status()["table"], before)

    def test_a_good_config_is_compared_applied_and_rolled_back(self):
        self.open()
        self.check(changed("shift-2", change_three_rules))
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
        self.browser.wait_for_text("#change-notice", "is live now as generation 2")
        self.browser.wait_for_text("#live", "generation 2 · shift-2")
        self.browser.wait_for_text("#health-strip", "Healthy, and the rules are frozen.")
        self.browser.wait_for_text("#health-problems", ", by token alice")
        self.picture("applied")
        self.assertEqual(self.daemon.status()["table"]["version"], "shift-2")

        self.view("history")
        self.browser.wait("$('#history-body').children.length === 2")
        self.browser.click("#history-body tr:nth-child(2) .risky")
        self.browser.wait_for_text("#confirm", "Roll back to generation 1?")
        self.picture("roll-back")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#history-notice", "is live now as generation 3")
        self.browser.wait_for_text("#live", "generation 3 · shift-1")
        self.picture("rolled-back")
        status = self.daemon.status()
        self.assertEqual((status["table"]["version"], status["freeze"]["action"]), ("shift-1", "rollback"))
        self.view("overview")
        self.browser.wait("document.querySelectorAll('#lookups-chart line.mark').length === 3")
        self.browser.wait("$('#recent-body').children.length === 3")
        self.browser.wait_for_text("#recent-body tr:nth-child(2)", "shift-2")
        self.browser.wait_for_text("#recent-body tr:nth-child(2)", "token alice")
        self.browser.wait_for_text("#recent-body tr:nth-child(2)", "1 added")

    def test_a_change_of_trim_is_shown_though_no_rule_changes(self):
        self.open()
        self.check({"trim": True, **changed("trimming")})
        self.browser.wait_for_text("#change-report", "No rule changes.")
        self.browser.wait_for_text("#change-report", "Code values are trimmed now")
        self.apply({"trim": True, **changed("trimming")})
        self.view("rules")
        self.browser.wait_for_text("#rules-shown", "5 rules; code values are trimmed")

    def test_a_dialog_reopened_at_once_waits_for_its_own_click(self):
        self.open()
        self.check(changed("shift-2", change_three_rules))
        self.browser.click("#apply")
        self.browser.wait("$('#confirm').open")
        # Browsers send the close event of a dialog a frame later.
        self.browser.run("document.querySelector('#confirm-no').click(); document.querySelector('#apply').click()")
        self.browser.run("return new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "is live now as generation 2")

    def test_reload_freeze_thaw_log_level_and_drain(self):
        self.open("control")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "Generation 1")
        self.browser.type("#freeze-reason", "the night shift is alone")
        self.browser.press(ENTER)
        self.browser.wait_for_text("#confirm", "no source is read")
        self.assertIsNone(self.daemon.status()["freeze"])
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#freeze-state", "Frozen by token alice")
        self.browser.wait_for_text("#health-problems", "the night shift is alone")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "Thaw under Control")
        self.picture("control")
        self.browser.click("#thaw")
        self.browser.click("#confirm-yes")
        self.browser.wait("$('#health-strip').hidden")
        self.assertIsNone(self.daemon.status()["freeze"])

        self.browser.run("document.querySelector('#log-level').value = 'debug'")
        self.browser.click("#log-level-form button")
        self.browser.wait_for_text("#control-notice", "The log level is debug.")
        self.assertEqual(self.daemon.status()["daemon"]["logLevel"], "debug")

        self.browser.click("#drain")
        self.browser.wait_for_text("#confirm", "answers no new client until it is restarted")
        self.picture("drain")
        self.browser.click("#confirm-no")
        self.assertFalse(self.daemon.status()["daemon"]["draining"])
        self.browser.click("#drain")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#readiness", "not ready")
        self.picture("drained")
        self.assertTrue(self.daemon.status()["daemon"]["draining"])
        # Without a lame duck, a drain cannot be taken back.
        self.browser.wait("$('#undrain').hidden")

    def test_a_saved_config_that_hides_the_preset_is_forgotten(self):
        self.daemon.write("data/route-config.json", json.dumps(changed("saved")))
        self.daemon.ask("POST", "/v1/reload", {})
        self.open("control")
        self.browser.wait_for_text("#health-problems", "routes.json")
        self.browser.wait_for_text("#health-problems", "codeid admin forget")
        self.browser.click("#forget-saved")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#control-notice", "The saved config is forgotten. A new table is live.")
        self.browser.wait_for_text("#forget-checks", "PRESET: activated")
        self.browser.wait("$('#health-strip').hidden")
        self.assertEqual(self.daemon.status()["table"]["version"], "shift-1")

    def test_the_live_config_is_compared_with_an_earlier_one(self):
        self.open()
        self.apply(changed("shift-2", change_three_rules))
        self.view("history")
        self.browser.click("#history-body tr:nth-child(2) button:not(.risky)")
        self.browser.wait_for_text("#change-report", "Version shift-1")
        self.browser.wait_for_text("#change-report", "1 added")

    def test_an_unsaved_candidate_is_replaced_only_after_a_question(self):
        candidate = "return document.querySelector('#candidate').value"
        is_left = "return window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
        compare = "#history-body tr:nth-child(2) button[aria-label^='Compare']"
        path = self.daemon.write("other.json", json.dumps(changed("other")))
        self.open()
        self.apply(changed("shift-2", change_three_rules))
        # What was applied, and what was loaded, can be loaded again.
        self.assertTrue(self.browser.run(is_left))
        self.view("history")
        self.browser.click(compare)
        self.browser.wait_for_text("#change-report", "Version shift-1")
        self.browser.click("#from-live")
        self.browser.wait("$('#candidate').value.includes('shift-2')")

        self.browser.paste("#candidate", "the work of an hour")
        self.browser.wait_for_text("#candidate-size", "1 line, 19 B")
        self.assertFalse(self.browser.run(is_left))

        def compare_anew():
            self.view("history")
            self.browser.click(compare)

        for replace, expected in [
            (compare_anew, "shift-1"),
            (lambda: self.browser.click("#from-live"), "shift-2"),
            (lambda: self.browser.upload("#upload", path), "other"),
        ]:
            with self.subTest(expected):
                self.view("change")
                self.browser.paste("#candidate", "the work of an hour")
                replace()
                self.browser.wait_for_text("#confirm", "Replace the candidate?")
                self.picture("replace")
                self.browser.click("#confirm-no")
                self.browser.wait("!$('#confirm').open")
                self.assertEqual(self.browser.run(candidate), "the work of an hour")
                replace()
                self.browser.click("#confirm-yes")
                self.browser.wait("$('#candidate').value.includes(arguments[0])", expected)
                self.assertTrue(self.browser.run(is_left))

    def test_a_config_that_was_replaced_meanwhile_is_shown(self):
        self.open()
        self.check(changed("shift-2", change_three_rules))
        digest = self.daemon.status()["table"]["sha256"]
        self.daemon.ask("POST", "/v1/apply", changed("shift-of-another"), {"If-Match": f'"{digest}"'}.items())
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "version shift-of-another")
        self.browser.wait_for_text("#change-notice", "by uid ")
        self.picture("replaced-meanwhile")
        self.assertEqual(self.daemon.status()["table"]["version"], "shift-of-another")
        self.browser.click("#compare-again")
        self.browser.wait_for_text("#change-report", "Changes to the live config")
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#live", "generation 3 · shift-2")


class ManyRulesRemoved(Console):
    rules = changed(
        "many",
        lambda rules: rules.extend(
            {"id": f"merchant-{n}", "match": {"exact": f"MERCHANT-{n}"}, "action": {"type": "DECODE"}} for n in range(60)
        ),
    )

    def test_rules_that_are_removed_together_are_one_box(self):
        self.open()
        boxes = "return document.querySelectorAll('#change-report .box.wait').length"
        missing = "live rules are missing from this config"
        self.check(changed("17", lambda rules: rules.__delitem__(slice(5, 22)), of=self.rules))
        self.browser.wait_for_text("#change-report", f"17 {missing}")
        self.browser.wait_for_text("#change-report .box.wait", "merchant-16")
        self.assertEqual(self.browser.run(boxes), 1)
        self.picture("many-removed")

        def remove_and_add(rules):
            del rules[5:]
            rules.append({"id": "twice", "match": {"exact": "28100001"}, "action": {"type": "DECODE"}})

        self.check(changed("60", remove_and_add, of=self.rules))
        self.browser.wait_for_text("#change-report", f"60 {missing}")
        self.browser.wait_for_text("#change-report", "and 10 more")
        self.browser.wait_for_text("#change-report", "this rule can never win")
        self.assertEqual(self.browser.run(boxes), 2)
        self.check(changed("1", lambda rules: rules.__delitem__(5), of=self.rules))
        self.browser.wait_for_text("#change-report", "1 live rule is missing from this config")
        self.browser.wait_for_text("#change-report .box.wait", "merchant-0")
