"""The examples in README.md show what the program says today. In a block of code that begins with "$ ",
the lines up to the first that does not end with "|" are a shell command, run at the top of the tree; the
rest is what it prints, to its end or to a line of "…". Text is folded to one of WIDTHS."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```\n\$ (.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:.*\|\n)*.*\n")
WIDTHS = (110, 100)


def printed(command, folder, width):
    path = f"{folder}:{os.environ['PATH']}"
    wide = re.sub(r"^hellotap ", f"hellotap --width {width} ", command)
    return subprocess.run(["sh", "-c", wide], cwd=ROOT, env={**os.environ, "PATH": path}, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60).stdout.decode("utf-8", "replace")


def is_shown(shown, says):
    return says.startswith(shown[:-2]) if shown.endswith("…\n") else says == shown


def main():
    failed, count = 0, 0
    with tempfile.TemporaryDirectory(prefix="hellotap-readme-") as folder:
        os.symlink(os.environ["HELLOTAP"], os.path.join(folder, "hellotap"))
        for block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
            command = COMMAND.match(block).group()
            shown = block[len(command):]
            if "jq " in command and shutil.which("jq") is None:
                continue
            count += 1
            if not any(is_shown(shown, printed(command, folder, width)) for width in WIDTHS):
                failed += 1
                print(f"not what it prints: {command}{printed(command, folder, WIDTHS[0])}")
    print(f"README.md: {count} examples, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
