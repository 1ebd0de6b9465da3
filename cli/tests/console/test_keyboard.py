"""The console without a mouse and without sight."""

from browser import ENTER, ESCAPE, SPACE, TAB
from case import VIEWS, Console
from daemon import OPERATOR


class Keyboard(Console):
    """Uses keys only, no mouse."""

    def focus(self, selector):
        """Presses Tab until an element has the focus, which must be visible."""
        for _ in range(60):
            self.browser.press(TAB)
            if self.browser.run("return document.activeElement?.matches(arguments[0])", selector):
                outline = "const {outlineStyle} = getComputedStyle(document.activeElement); return outlineStyle"
                self.assertNotEqual(self.browser.run(outline), "none", f"the focus on {selector} is not visible")
                return
        self.fail(f"Tab never reaches {selector}")

    def test_every_task_can_be_done_with_keys(self):
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
        self.focus("#details > summary")
        press(ENTER)
        wait("$('#table-facts').children.length > 0")
        self.browser.run("document.querySelector('#skip').focus()")
        self.focus("nav a[href='#try']")
        press(ENTER)
        wait("document.activeElement.id === 'try-title'")
        self.focus("#code-value")
        press(*"28100104x")
        self.focus("#open-id")
        press(*"user-7", ENTER)
        wait("$('#try-result table')")

        self.browser.reload()
        self.browser.wait_for_text("#readiness", "ready")
        self.focus("nav a[href='#change']")
        press(ENTER)
        wait("document.activeElement.id === 'change-title'")
        self.focus("#upload")
        self.focus("#from-live")
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
        self.browser.wait_for_text("#live", "generation 2")
        wait("document.activeElement.matches('#change-notice .good')")

        self.browser.reload()
        self.browser.wait_for_text("#readiness", "ready")
        self.focus("nav a[href='#history']")
        press(ENTER)
        wait("$('#history-body').children.length === 2")
        self.focus("#history-body .risky")
        press(ENTER)
        wait("$('#confirm').open")
        self.focus("#confirm-yes")
        press(ENTER)
        self.browser.wait_for_text("#live", "generation 3")
        wait("document.activeElement.id === 'history-title'")

    def test_every_control_has_an_accessible_name(self):
        self.open()
        for view in VIEWS:
            self.view(view)
        nameless = self.browser.run("""
            return [...document.querySelectorAll("input, textarea, select, button, a, summary, pre[tabindex]")].filter((each) =>
              !each.closest("dialog") && !(each.getAttribute("aria-label") || each.labels?.length || each.innerText.trim() || each.textContent.trim())
            ).map(({outerHTML}) => outerHTML);
        """)
        self.assertEqual([each for each in nameless if "hidden" not in each], [], "controls without a name, outside the dialog")
