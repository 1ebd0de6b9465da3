"""The console on a phone, in the dark, and its contrast."""

from case import BROKEN, DESKTOP, PHONE, VIEWS, Console, change_three_rules
from daemon import changed


class Appearance(Console):
    def test_no_view_is_wider_than_a_phone(self):
        self.browser.resize(*PHONE)
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
                    self.browser.wait("$('#try-result table')")
                if view == "change":
                    self.check(BROKEN)
                widths = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                self.assertEqual(widths[0], widths[1])
                self.picture(f"phone-{view}")

    def test_the_dark_colour_scheme(self):
        self.browser.resize(*DESKTOP, dark=True)
        self.open()
        self.browser.wait("$('#requests-chart .line').getAttribute('d')")
        self.picture("dark-overview")
        self.check(BROKEN)
        self.picture("dark-broken")

    def test_texts_have_enough_contrast(self):
        for dark in (False, True):
            self.browser.resize(*DESKTOP, dark=dark)
            self.open()
            self.browser.wait("$('#requests-chart .line').getAttribute('d')")
            self.apply(changed("shift-2", change_three_rules) if not dark else changed("shift-3"))
            for view in VIEWS:
                with self.subTest(view, dark=dark):
                    self.view(view)
                    if view == "change":
                        self.check(BROKEN)
                    self.assertEqual(self.browser.run(LOW_CONTRAST), [])


# Finds the texts whose contrast with their background is below 4.5, the AA level of WCAG 2.
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
