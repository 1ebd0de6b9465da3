"""A daemon that restarts, and one with thousands of rules."""

from case import Console, change_three_rules
from daemon import Tunnel, changed


class Outage(Console):
    """Through a tunnel to the Unix socket, which needs no token."""

    def test_the_page_shows_an_outage_and_recovers(self):
        tunnel = Tunnel(self.daemon.socket)
        self.addCleanup(tunnel.close)
        self.browser.go(tunnel.console)
        self.browser.wait_for_text("#readiness", "ready")
        self.daemon.stop()
        self.browser.wait_for_text("#outage", "The daemon has not responded since")
        self.browser.wait_for_text("#health-sentence", "Unknown: the daemon does not respond.")
        self.picture("outage")
        self.browser.click("nav a[href='#control']")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", "The daemon cannot be reached.")
        self.daemon.start()
        self.browser.wait("$('#outage').hidden")
        self.browser.wait("$('#announcement').textContent.includes('was restarted')")
        self.apply(changed("shift-2", change_three_rules))
        self.browser.wait_for_text("#health-problems", ", by uid ")


class ManyRules(Console):
    rules = changed(
        "many",
        lambda rules: rules.extend(
            {"id": f"merchant-{n}", "match": {"exact": f"https://pay.example.com/{n}"}, "action": {"type": "DECODE"}} for n in range(5000)
        ),
    )
    settings = ("ac.route.max-config-characters=2000000",)

    def test_thousands_of_rules_are_paged_filtered_and_sorted(self):
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
