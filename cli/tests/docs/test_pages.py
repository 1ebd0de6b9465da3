"""The blocks of README.md and docs/: each is run as it stands, or says why not."""

import re
import unittest

from pages import ROOT, blocks, is_as_shown, pages, without_code
from workplace import Workplace

LINK = re.compile(r"\]\((?!https?:)([^)]+)\)")
EXAMPLES = ROOT / "docs" / "examples"


class Marks(unittest.TestCase):
    def test_every_block_is_run_or_says_why_not(self):
        mistakes = [(block, block.mistake()) for page in pages() for block in blocks(page)]
        self.assertEqual([], [f"{block.place}: {mistake}" for block, mistake in mistakes if mistake])

    def test_source_text_is_that_of_its_file(self):
        for page in pages():
            for block in blocks(page):
                if "show" in block.marks:
                    with self.subTest(block.place):
                        self.assertEqual((ROOT / block.marks["show"]).read_text(), block.text)

    def test_every_example_is_named_by_a_command_that_is_run(self):
        run = "\n".join(block.text for page in pages() for block in blocks(page) if block.is_run)
        for path in EXAMPLES.rglob("*"):
            if path.is_file():
                with self.subTest(path):
                    self.assertIn(str(path.relative_to(ROOT)), run)

    def test_every_program_is_shown(self):
        shown = {block.marks.get("show") for page in pages() for block in blocks(page)}
        for path in EXAMPLES.glob("*/*"):
            with self.subTest(path):
                self.assertIn(str(path.relative_to(ROOT)), shown)


class Links(unittest.TestCase):
    def test_every_link_to_the_repository_leads_to_a_file_and_a_heading(self):
        for page in pages():
            for target in LINK.findall(without_code(page)):
                path, _, heading = target.partition("#")
                with self.subTest(page=page, target=target):
                    linked = page.parent / path if path else page
                    self.assertTrue(linked.exists())
                    if heading:
                        self.assertIn(heading, headings(linked))


def headings(page):
    """Returns the names that links give the headings of a page."""
    found = re.findall(r"^#+ (.*)$", without_code(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]


class Outputs(unittest.TestCase):
    def test_an_ellipsis_stands_for_any_text_of_a_line_and_alone_for_any_lines(self):
        for shown, actual, same in [
            (["a"], "a\n\n", True),
            (["a"], "b", False),
            (["a"], "a\nb", False),
            (["a…c"], "abc", True),
            (["a…c"], "ab\nc", False),
            (["a", "…"], "a\nb\nc", True),
            (["…", "c"], "a\nb\nc", True),
            (["…", "c"], "a\nb\ncd", False),
            (["…"], "", True),
            (["a.c"], "abc", False),
        ]:
            with self.subTest((shown, actual)):
                self.assertEqual(same, is_as_shown(shown, actual))


class Pages(unittest.TestCase):
    """A test for each page, made below."""

    maxDiff = None

    def run_page(self, page):
        found = blocks(page)
        if not any(block.is_run for block in found):
            return
        workplace = Workplace()
        self.addCleanup(workplace.close)
        starts = [block for block in found if block.is_in_background]
        if not any("codeid serve" in block.text for block in starts):
            workplace.serve()
        for block in found:
            if "write" in block.marks:
                workplace.write(block.marks["write"], block.text)
            elif block.is_in_background:
                for command in block.commands():
                    workplace.start(command.text, command.shown)
            elif block.is_run:
                self.run_block(workplace, block)

    def run_block(self, workplace, block):
        commands = block.commands()
        results = list(workplace.run([command.text for command in commands]))
        wanted = [0] * (len(commands) - 1) + [block.exit_status]
        for number, (command, status) in enumerate(zip(commands, wanted)):
            place = f"{block.page.relative_to(ROOT)}:{command.line}: {command.text}"
            self.assertLess(number, len(results), f"{place}\nThe shell ended before the end of the command.")
            actual_status, output = results[number]
            self.assertEqual(status, actual_status, f"{place}\nThe exit status is wrong; the output is:\n{output}")
            if command.shown and not is_as_shown(command.shown, output):
                shown = "\n".join(command.shown)
                self.fail(f"{place}\nThe page shows:\n{shown}\nThe output is:\n{output}")


def _add_tests():
    for page in pages():
        name = str(page.relative_to(ROOT)).removesuffix(".md")
        words = "".join(letter if letter.isalnum() else "_" for letter in name).lower()
        setattr(Pages, f"test_{words}", lambda self, page=page: self.run_page(page))


_add_tests()

if __name__ == "__main__":
    unittest.main()
