"""The first screen, as an operator needs it when something is wrong."""

import time

from browser import ENTER
from case import Console, change_three_rules
from daemon import changed

# The questions of an incident, in the order in which they are asked.
ORDER = ["#health", "#live-facts", "#tiles", "#lookups-chart", "#recent-body", "#details"]


class Incident(Console):
    def test_the_first_screen_answers_in_order_and_the_details_are_folded(self):
        self.open()
        self.browser.wait_for_text("#health-sentence", "Healthy: the daemon is ready, and no problem is known.")
        self.browser.wait("$('#recent-body').children.length === 1")
        tops = self.browser.run(
            "return arguments[0].map((selector) => document.querySelector(selector).getBoundingClientRect().top)", ORDER
        )
        self.assertEqual(tops, sorted(tops))
        self.assertFalse(self.browser.run("return document.querySelector('#details').open"))

    def test_each_problem_says_what_to_do_and_where(self):
        self.open("control")
        self.browser.type("#freeze-reason", "the remote is down")
        self.browser.press(ENTER)
        self.browser.click("#confirm-yes")
        self.browser.click("#health-strip a")
        self.browser.wait_for_text("#health-sentence", "Healthy, and the rules are frozen.")
        self.browser.wait("$('#health-strip').hidden")
        self.browser.wait_for_text("li[data-code=frozen]", "The reason: the remote is down.")
        self.browser.wait_for_text("li[data-code=frozen]", "thaw the rules")
        self.browser.click("li[data-code=frozen] a")
        self.browser.wait("document.activeElement.id === 'control-title'")
        self.browser.click("#drain")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#health-strip", "Not healthy: an operator drained the daemon. There is 1 more problem.")
        self.view("overview")
        codes = "return [...document.querySelectorAll('#health-problems > li')].map(({dataset}) => dataset.code)"
        self.assertEqual(self.browser.run(codes), ["draining", "frozen"])
        self.picture("incident")

    def test_charts_begin_with_the_hour_that_the_daemon_kept(self):
        self.daemon.identify("28100104x", "user-1", times=50)
        lookups = 0
        while lookups < 50:
            time.sleep(0.1)
            samples = self.daemon.ask("GET", "/v1/figures")["samples"]
            lookups = sum(sample["lookups"] for sample in samples if sample)
        self.open()
        self.browser.wait("$('#lookups-chart .line').getAttribute('d')")
        self.browser.click("#hour > summary")
        self.browser.wait("$('#hour-body').children.length > 0")
        self.browser.wait("/\\d/.test($('#hour-body td:nth-child(2)').innerText)")

    def test_dangerous_actions_are_apart_and_look_so(self):
        self.open("control")
        style = "const {borderTopColor, color} = getComputedStyle(document.querySelector(arguments[0])); return [borderTopColor, color]"
        ordinary = self.browser.run(style, "#reload")
        for button in ("#drain", "#forget-saved"):
            self.assertTrue(self.browser.run("return document.querySelector(arguments[0]).closest('.danger-zone') !== null", button))
            border, text = self.browser.run(style, button)
            self.assertEqual(border, text)
            self.assertNotIn(border, ordinary)
        self.assertFalse(self.browser.run("return document.querySelector('#reload').closest('.danger-zone') !== null"))

    def test_a_rollback_says_what_it_will_do(self):
        self.open()
        self.apply(changed("shift-2", change_three_rules))
        self.view("history")
        self.browser.click("#history-body tr:nth-child(2) .risky")
        self.browser.wait_for_text("#confirm", "stays live, whatever the sources give")
        self.assertEqual(self.browser.run("return document.querySelector('#confirm-yes').className"), "danger")
        self.browser.click("#confirm-no")
