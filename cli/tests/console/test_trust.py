"""Untrusted text, secrets, and roles."""

import json

from browser import ENTER
from case import Console
from daemon import OPERATOR, READER, SCRAPER, changed

PLANTED = "<img src=x onerror='window.hit = 1'><script>window.hit = 2</script>"


class Hostile(Console):
    """Configs and errors are untrusted text. None of it becomes markup."""

    rules = changed(
        "<b>v</b><img src=x onerror='window.hit=3'>",
        lambda rules: rules[1].update(description=PLANTED, match={"prefix": PLANTED}),
    )

    def assert_no_markup(self):
        found = self.browser.run("return [window.hit ?? null, document.querySelectorAll('img, b:not(li > b), script').length]")
        self.assertEqual(found, [None, 1], "untrusted text became markup")

    def test_planted_markup_stays_text(self):
        self.open()
        self.browser.wait_for_text("#live-facts", "<img src=x")
        self.browser.wait_for_text("#recent-body", "<img src=x")
        self.open_details()
        self.browser.wait_for_text("#table-facts", "<img src=x")
        self.view("rules")
        self.browser.wait("$('#rules-body').children.length === 5")
        self.browser.click("#rules-body tr:nth-child(2) button")
        self.browser.wait_for_text("#rules-body .detail", PLANTED)
        self.view("history")
        self.browser.wait_for_text("#history-body", "<img src=x")
        self.assert_no_markup()

        self.view("try")
        self.browser.type("#code-value", PLANTED)
        self.browser.type("#open-id", PLANTED)
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-result", PLANTED)
        self.assert_no_markup()

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
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#health-problems", PLANTED)
        self.assert_no_markup()

    def test_the_policy_blocks_planted_scripts(self):
        self.open()
        hit = """
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hit = 4'>");
            const script = document.createElement("script");
            script.textContent = "window.hit = 5";
            document.body.append(script);
            return window.hit ?? null;
        """
        self.assertIsNone(self.browser.run(hit))
        self.assertTrue(any("Content Security Policy" in line for line in self.browser.console_messages()))


class Headers(Console):
    def test_every_file_of_the_page_has_the_security_headers(self):
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        for path, media_type in [
            ("/", "text/html; charset=utf-8"),
            ("/console.css", "text/css; charset=utf-8"),
            ("/console.js", "text/javascript; charset=utf-8"),
            ("/modules/api.js", "text/javascript; charset=utf-8"),
        ]:
            response, content = self.daemon.request("GET", path)
            self.assertEqual(response.status, 200)
            self.assertTrue(content)
            headers = {name.lower(): value for name, value in response.getheaders()}
            self.assertEqual(headers["content-type"], media_type)
            self.assertEqual(headers["content-security-policy"], policy)
            self.assertEqual(headers["x-content-type-options"], "nosniff")
            self.assertEqual(headers["referrer-policy"], "no-referrer")
            self.assertEqual(headers["cache-control"], "no-store")
        for method, path, status in [("GET", "/modules/mod.rs", 404), ("GET", "/modules/", 404), ("POST", "/", 405)]:
            response, content = self.daemon.request(method, path)
            self.assertEqual(response.status, status)
            self.assertIn("detail", json.loads(content))


class Secrets(Console):
    """T31: trying a code and signing in leave no trace."""

    def test_neither_openid_nor_token_is_stored_or_logged(self):
        code_value, open_id = "28100104PLANTEDCODE", "planted-open-id-7"
        self.open("try")
        self.daemon.ask("POST", "/v1/log-level", {"level": "trace"})
        self.browser.type("#code-value", code_value)
        self.browser.type("#open-id", open_id)
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-result", "supported")
        page = self.browser.run("return document.documentElement.outerHTML.replace(/Raw result[^]*?<\\/details>/, '')")
        browser_state = self.browser.run(
            "return JSON.stringify([location.href, history.state, document.title, {...localStorage}, document.cookie,"
            "performance.getEntriesByType('resource').map(({name}) => name)])"
        )
        self.daemon.stop()
        written = self.daemon.everything_written()
        for where in (page, browser_state, written):
            self.assertNotIn(open_id, where)
            self.assertNotIn(OPERATOR, where)
        self.assertNotIn(code_value, browser_state + written)
        stored = self.browser.run("return {...sessionStorage}")
        self.assertEqual(stored, {"codeid-token": OPERATOR})


class Tokens(Console):
    def test_a_wrong_token_is_refused_and_a_reader_can_only_read(self):
        self.browser.go(self.daemon.console)
        self.browser.type("#token", "wrong")
        self.browser.press(ENTER)
        self.browser.wait_for_text("#sign-in-notice", "The token is unknown.")
        self.assertEqual(self.browser.run("return sessionStorage.length"), 0)
        self.picture("sign-in")
        self.browser.type("#token", SCRAPER)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#sign-in-notice", "The token has the role metrics; this path needs read.")
        self.assertEqual(self.browser.run("return sessionStorage.length"), 0)
        self.browser.type("#token", READER)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#readiness", "ready")
        refused = "The token has the role read; this path needs operate."
        self.view("rules")
        self.browser.wait_for_text("#rules-body", "12.5 %, 1 listed")
        self.view("try")
        self.browser.type("#code-value", "28100104")
        self.browser.type("#open-id", "user-42")
        self.browser.click("#try-form button")
        self.browser.wait_for_text("#try-notice", refused)
        self.view("change")
        self.browser.click("#from-live")
        self.browser.wait_for_text("#change-notice", refused)
        self.view("control")
        self.browser.click("#reload")
        self.browser.wait_for_text("#control-notice", refused)
        self.browser.click("#forget")
        self.browser.wait("!$('#sign-in').hidden && sessionStorage.length === 0")
