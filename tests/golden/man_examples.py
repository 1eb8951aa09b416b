r"""The examples in man/hellotap.1 work as they stand. After a line

    .\" test: NAME [status=N]

the next line of text is a shell command, which must end with that status (0 where not said) and
print something. It runs in a folder where samples/ is the project's, capture.pcap and capture.pcapng
are captures, and keys.log is a key log; hellotap is $HELLOTAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
MARK = re.compile(r'^\.\\" test: (\S+)(?: status=(\d+))?\s*$')
# A macro that sets the rest of its line as code; after other macros the text comes on a later line.
CODE_MACRO = re.compile(r"^\.(?:Dl|D1|B|Cm) ")
ESCAPES = {r"\-": "-", r"\&": "", r"\(aq": "'", r"\(dq": '"', r"\(ga": "`", r"\(ha": "^",
           r"\(ti": "~", r"\e": "\\", r"\fB": "", r"\fI": "", r"\fR": "", r"\fP": ""}
FILES = {"capture.pcapng": "samples/page-visit.pcapng", "capture.pcap": "samples/tls12-rsa.pcap",
         "keys.log": "samples/tls12-rsa.keylog"}


def plain(text):
    """A line of roff as it is shown."""
    text = CODE_MACRO.sub("", text)
    for escape, shown in ESCAPES.items():
        text = text.replace(escape, shown)
    return re.sub(r"^\s*[$#] ", "", text).strip()


def examples():
    """Yields (name, expected status, command)."""
    with open(os.path.join(ROOT, "man", "hellotap.1"), encoding="utf-8") as f:
        lines = iter(f.read().splitlines())
    for line in lines:
        mark = MARK.match(line)
        if mark:
            code = next(text for text in lines
                        if not text.startswith(".") or CODE_MACRO.match(text))
            yield mark.group(1), int(mark.group(2) or 0), plain(code)


def furnish(folder):
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(os.environ["HELLOTAP"], os.path.join(folder, "bin", "hellotap"))
    os.symlink(os.path.join(ROOT, "samples"), os.path.join(folder, "samples"))
    for name, source in FILES.items():
        shutil.copy(os.path.join(ROOT, source), os.path.join(folder, name))


def main():
    failed, count = 0, 0
    for name, status, command in examples():
        count += 1
        with tempfile.TemporaryDirectory(prefix="hellotap-man-") as folder:
            furnish(folder)
            path = os.path.join(folder, "bin") + ":" + os.environ["PATH"]
            run = subprocess.run(["sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=60, check=False)
            # A command that writes to a file says nothing but leaves it.
            quiet = not run.stdout and len(os.listdir(folder)) == len(FILES) + 2
        if run.returncode != status or quiet:
            failed += 1
            print(f"{name}: {command}\n  exit status {run.returncode}, expected {status}"
                  f"\n  {run.stdout.decode('utf-8', 'replace')[-500:]}")
    print(f"man page: {count} examples, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
