#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Cutover authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pseudo.py SOURCE FOLDER: makes a catalogue of every translated string below SOURCE, as
FOLDER/x-pseudo/LC_MESSAGES/cutover.mo: each 40 % longer, accented and in brackets, with its placeholders,
accelerator and tags kept. Needs xgettext and msgfmt."""

import math
import pathlib
import re
import subprocess
import sys

LONGER = 0.4
ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áçéíñöšüýžÁÇÉÍÑÖŠÜÝŽ")
# Placeholders, the tags and entities of rich text, and accelerators stay what they are.
KEPT = re.compile(r"(%\d+|%%|<[^<>]*>|&#?\w+;|&\w|\n)")
CALLS = [prefix + name + arguments for prefix in ("", "x", "k", "kx")
         for name, arguments in (("i18n", ":1"), ("i18nc", ":1c,2"), ("i18np", ":1,2"), ("i18ncp", ":1c,2,3"))]
HEADER = ('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n'
          'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n')


def pseudo(text):
    # msgfmt wants the same line ends on both sides.
    start = text[:len(text) - len(text.lstrip("\n"))]
    end = text[len(text.rstrip("\n")):]
    parts = KEPT.split(text.strip("\n"))
    words = sum(len(part) for part in parts[::2])
    missing = max(1, math.ceil(words * LONGER) - 2)
    # Doubled vowels lengthen each word, as other languages do; what is still missing follows.
    result = []
    for index, part in enumerate(parts):
        if index % 2 == 0:
            doubled = ""
            for letter in part:
                doubled += letter
                if missing > 0 and letter in "aeiouAEIOU":
                    doubled += letter.lower()
                    missing -= 1
            part = doubled.translate(ACCENTS)
        result.append(part)
    return start + "[" + "".join(result) + "ö" * missing + "]" + end


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def unquoted(literal):
    escapes = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r"\\(.)", lambda match: escapes[match[1]], literal)


def entries(template):
    """The fields of each entry: "msgctxt", "msgid", "msgid_plural"."""
    for block in template.split("\n\n"):
        fields = {}
        name = None
        for line in block.splitlines():
            match = re.fullmatch(r'(?:(msg\w+)(?:\[\d\])? )?"(.*)"', line)
            if not match:
                continue
            name = match[1] or name
            fields[name] = fields.get(name, "") + unquoted(match[2])
        if fields.get("msgid"):
            yield fields


def main(source, folder):
    source = pathlib.Path(source)
    files = [str(path) for part in ("app", "cli", "core", "ui") for suffix in ("cpp", "h")
             for path in sorted((source / part).rglob("*." + suffix))]
    command = ["xgettext", "--language=C++", "--from-code=UTF-8", "--no-location", "--no-wrap", "--files-from=-",
               "--output=-", "--keyword", *("--keyword=" + call for call in CALLS)]
    template = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True).stdout
    catalogue = HEADER
    for fields in entries(template):
        if "msgctxt" in fields:
            catalogue += "msgctxt " + quoted(fields["msgctxt"]) + "\n"
        catalogue += "msgid " + quoted(fields["msgid"]) + "\n"
        if "msgid_plural" in fields:
            catalogue += "msgid_plural " + quoted(fields["msgid_plural"]) + "\n"
            catalogue += "msgstr[0] " + quoted(pseudo(fields["msgid"])) + "\n"
            catalogue += "msgstr[1] " + quoted(pseudo(fields["msgid_plural"])) + "\n\n"
        else:
            catalogue += "msgstr " + quoted(pseudo(fields["msgid"])) + "\n\n"
    folder = pathlib.Path(folder) / "x-pseudo" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["msgfmt", "--output-file", str(folder / "cutover.mo"), "-"], input=catalogue, text=True, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
