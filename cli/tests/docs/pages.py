"""The pages of the documentation, their fenced blocks, and the marks before these."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Languages of blocks that are run, of source text that a file of `docs/examples` holds, and of what is neither.
SESSION, SCRIPTS = "console", {"sh", "bash"}
SOURCES = {"c", "go", "java", "javascript", "lua", "nginx", "php", "python", "ruby", "rust"}
DATA = {"ini", "json", "text", "toml", "xml", "yaml"}

MARK = re.compile(r"<!-- (not run|run|exit status|write|show)(?:: (.*))? -->")
BACKGROUND = "in the background"
FEWEST_WORDS_OF_A_REASON = 3
# It stands for any text in a line, and alone for any lines.
ANYTHING = "…"


@dataclass
class Command:
    """A command of a session, and the lines that the page shows as its output."""

    line: int
    text: str
    shown: list = field(default_factory=list)


@dataclass
class Block:
    """A fenced block. `marks` are those directly before it, by their names."""

    page: Path
    line: int
    language: str
    lines: list
    marks: dict

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)

    @property
    def is_run(self):
        return (self.language == SESSION or self.language in SCRIPTS) and not self.marks.keys() & {"not run", "show", "write"}

    @property
    def is_in_background(self):
        return self.marks.get("run") == BACKGROUND

    @property
    def exit_status(self):
        return int(self.marks.get("exit status", 0))

    def commands(self):
        """Returns the commands: of a session, those after `$ `; a script is one command."""
        if self.language in SCRIPTS:
            return [Command(self.line + 1, "\n".join(self.lines))]
        commands, continues = [], False
        for number, line in enumerate(self.lines, self.line + 1):
            if continues:
                commands[-1].text += "\n" + line
            elif line.startswith("$ "):
                commands.append(Command(number, line[2:]))
            elif not commands:
                raise AssertionError(f"{self.place}: a session begins with a command after `$ `")
            else:
                commands[-1].shown.append(line)
                continue
            continues = line.endswith("\\")
        return commands

    def mistake(self):
        """Returns what is wrong with the language and the marks, or nothing."""
        reason = self.marks.get("not run")
        if self.language not in {SESSION} | SCRIPTS | SOURCES | DATA:
            return f"the language {self.language!r} is none that cli/tests/docs/pages.py lists"
        if "not run" in self.marks and len((reason or "").split()) < FEWEST_WORDS_OF_A_REASON:
            return f"a reason has at least {FEWEST_WORDS_OF_A_REASON} words: {reason!r}"
        if self.marks.get("run", BACKGROUND) != BACKGROUND:
            return f"the mark `run` has the value `{BACKGROUND}`: {self.marks['run']!r}"
        if self.language in SOURCES and not self.marks.keys() & {"not run", "show"}:
            return "source text is marked `show: FILE` or `not run: REASON`"
        if self.marks.keys() & {"run", "exit status"} and not self.is_run:
            return "only a block that is run has the marks `run` and `exit status`"
        return None


def pages():
    """Returns the pages whose blocks are run."""
    roots = [path for path in (ROOT / "README.md", ROOT / "SECURITY.md") if path.exists()]
    return [*roots, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page):
    """Returns the fenced blocks of a page, in its order."""
    found, marks, block = [], {}, None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if block is not None:
            if line == "```":
                found.append(block)
                block = None
            else:
                block.lines.append(line)
        elif line.startswith("```"):
            block = Block(page, number, line[3:], [], marks)
            marks = {}
        elif mark := MARK.fullmatch(line):
            marks[mark[1]] = mark[2]
        elif line.startswith("<!--"):
            raise AssertionError(f"{page.relative_to(ROOT)}:{number}: not a mark: {line}")
        elif marks:
            raise AssertionError(f"{page.relative_to(ROOT)}:{number}: a mark stands directly before its block")
    if block is not None:
        raise AssertionError(f"{block.place}: the block has no end")
    return found


def without_code(page):
    """Returns the text of a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def is_as_shown(shown, actual):
    """Returns whether an output is the one that a page shows, in which `…` stands for any text, or alone for any lines."""
    pattern = ""
    for line in shown:
        if line == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split(ANYTHING)) + r"[ \t]*\n"
    return re.fullmatch(pattern + r"\n*", actual.rstrip("\n") + "\n") is not None
