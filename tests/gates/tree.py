"""What the gates share: the C files of a source tree and what they include."""
import os
import re
import subprocess

SKIPPED = 77  # the exit status that ctest takes for "skipped"
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT_OR_LITERAL = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def c_files(root, *folders):
    """Paths relative to `root` of the C files: those git knows or would add, else all there are."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard", "--", "*.c", "*.h"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listed.returncode == 0 and os.path.exists(os.path.join(root, ".git")):
        names = [n for n in listed.stdout.decode().split("\0") if n]
    else:
        names = [os.path.relpath(os.path.join(folder, f), root)
                 for folder, _, files in os.walk(root) for f in files
                 if f.endswith((".c", ".h"))]
        names = [n for n in names if not n.startswith(("build/", "build-"))]
    return sorted(n for n in names if os.path.exists(os.path.join(root, n)) and
                  (not folders or n.startswith(tuple(f + "/" for f in folders))))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def without_comments_and_literals(text):
    """The code alone, its line numbers kept."""
    return COMMENT_OR_LITERAL.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def includes(text):
    """Yields (line number, name, is it in quotes) for every include."""
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(0) + len(match.group(0))) + 1
        yield line, match.group(1) or match.group(2), match.group(1) is not None


def resolve(root, path, name):
    """The file of ours that `path` means by #include "name", relative to `root`; or None."""
    for folder in (os.path.dirname(path), "src", "dissectors", "tests/support"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None
