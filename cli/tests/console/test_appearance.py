"""The console on a phone, in the dark, and its contrast."""

import json

from case import BROKEN, DESKTOP, PHONE, VIEWS, Console, change_three_rules
from daemon import ROOT, RULES, changed


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
                if view == "overview":
                    self.open_details()
                widths = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                self.assertEqual(widths[0], widths[1])
                self.picture(f"phone-{view}")

    def test_the_navigation_is_one_line_on_a_phone(self):
        self.browser.resize(*PHONE)
        self.open()
        lines, is_clipped = self.browser.run("""
            const links = [...document.querySelectorAll("nav a")];
            const inside = (link) => link.getBoundingClientRect().left >= 0 && link.getBoundingClientRect().right <= innerWidth;
            return [new Set(links.map((link) => link.getBoundingClientRect().top)).size, !links.every(inside)];
        """)
        self.assertEqual((lines, is_clipped), (1, False))

    def test_a_view_begins_at_its_top(self):
        self.browser.resize(*PHONE)
        self.open()
        self.browser.run("scrollTo(0, 60)")
        self.view("control")
        self.browser.wait("document.activeElement.id === 'control-title'")
        self.assertEqual(self.browser.run("return scrollY"), 0)

    def test_on_a_phone_the_buttons_of_a_dialog_share_a_line_and_are_large_enough(self):
        self.browser.resize(*PHONE)
        self.open("control")
        self.browser.click("#drain")
        self.browser.wait("$('#confirm').open")
        no, yes = self.browser.run("""
            return ["#confirm-no", "#confirm-yes"].map((selector) => {
              const {top, width, height} = document.querySelector(selector).getBoundingClientRect();
              return [top, width, height];
            });
        """)
        self.assertEqual(no, yes)
        self.assertGreaterEqual(yes[2], 44)
        self.picture("phone-drain")
        self.browser.click("#confirm-no")

    def test_the_dark_colour_scheme(self):
        self.browser.resize(*DESKTOP, dark=True)
        self.open()
        self.browser.wait("$('#lookups-chart .line').getAttribute('d')")
        self.picture("dark-overview")
        self.check(BROKEN)
        self.picture("dark-broken")

    def test_texts_have_enough_contrast(self):
        for dark in (False, True):
            self.browser.resize(*DESKTOP, dark=dark)
            self.open()
            self.browser.wait("$('#lookups-chart .line').getAttribute('d')")
            self.apply(changed("shift-2", change_three_rules) if not dark else changed("shift-3"))
            self.view("overview")
            self.open_details()
            for view in VIEWS:
                with self.subTest(view, dark=dark):
                    self.view(view)
                    if view == "change":
                        self.check(BROKEN)
                    self.assertEqual(self.browser.run(LOW_CONTRAST), [])


class LongTexts(Console):
    """The patterns and ids of the preset, which leave the other columns little room."""

    rules = {**RULES, "rules": json.loads((ROOT / "config" / "routes.preset.json").read_text())["rules"]}

    def with_every_table(self):
        """Opens the views that have tables, one after the other."""
        self.open()
        self.open_details()
        yield "overview"
        self.view("rules")
        self.browser.wait("$('#rules-body').children.length > 5")
        yield "rules"
        self.view("try")
        self.browser.type("#code-value", "https://qr.paypay.ne.jp/28180105example")
        self.browser.type("#open-id", "user-7")
        self.browser.click("#try-form button")
        self.browser.wait("$('#try-result table')")
        yield "try"
        self.view("history")
        self.browser.wait("$('#history-body').children.length > 0")
        yield "history"

    def test_a_word_is_not_broken_where_there_is_room_for_it(self):
        for width in (1280, 1024):
            self.browser.resize(width, 900)
            for view in self.with_every_table():
                with self.subTest(view, width=width):
                    self.assertEqual(self.browser.run(BROKEN_WORDS), [])
                    widths = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
                    self.assertEqual(widths[0], widths[1])
                    self.picture(f"long-{view}-{width}")

    def test_on_a_phone_contents_stay_out_of_the_column_of_labels(self):
        self.browser.resize(*PHONE)
        for view in self.with_every_table():
            with self.subTest(view):
                self.assertEqual(self.browser.run(AMONG_LABELS), [])


# Finds the words in the cells of tables that are on more than one line. Columns for long texts may break those, but for the types of
# actions.
BROKEN_WORDS = r"""
const broken = [];
for (const cell of document.querySelectorAll("td:not(.long), td[data-label='Action']")) {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!cell.checkVisibility() || texts.currentNode.parentElement.closest(".why")) continue;
    for (const {0: word, index} of texts.currentNode.data.matchAll(/[^\s-]+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (range.getClientRects().length > 1) broken.push(word);
    }
  }
}
return broken;
"""

# Finds the texts of cells that begin left of where the column of labels ends.
AMONG_LABELS = r"""
const found = [];
for (const cell of document.querySelectorAll("td[data-label]")) {
  if (!cell.checkVisibility()) continue;
  const labels = cell.getBoundingClientRect().left + parseFloat(getComputedStyle(cell).gridTemplateColumns);
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    if ([...range.getClientRects()].some(({left}) => left < labels)) found.push(texts.currentNode.data);
  }
}
return found;
"""

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
