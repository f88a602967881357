#!/usr/bin/env python3
"""Write src/ask/language_codes.h from Debian's package iso-codes (run when the registry has changed)."""
import json
import sys

FOLDER = "/usr/share/iso-codes/json/"
OLD = {"iw", "in", "ji", "jw", "mo", "sh"}  # withdrawn, still in the registry


def table(number):
    with open(f"{FOLDER}iso_639-{number}.json", encoding="utf-8") as f:
        return json.load(f)[f"639-{number}"]


def bits(codes, n):
    field = bytearray((26**n + 7) // 8)
    for code in codes:
        k = 0
        for letter in code:
            k = k * 26 + ord(letter) - ord("a")
        field[k // 8] |= 1 << (k % 8)
    rows = [",".join(map(str, field[i : i + 24])) for i in range(0, len(field), 24)]
    return "".join(f"    {row},\n" for row in rows)


three = {x["alpha_3"] for x in table(3) + table(5) + table(2) if len(x["alpha_3"]) == 3}
two = {x["alpha_2"] for x in table(3) + table(2) if "alpha_2" in x} | OLD
longer = {x["alpha_3"] for x in table(3) if "alpha_2" in x}
longer |= {x["bibliographic"] for x in table(2) if "bibliographic" in x}
sys.stdout.write(
    "/* Codes of languages as the IANA registry of subtags has them: one bit for each possible code, in the\n"
    " * order of the alphabet (\"aa\" is bit 0 of the first byte). Made by tools/language_codes.py from Debian's\n"
    " * iso-codes 4.15: ISO 639-1, and of ISO 639-3 and 639-5 what has no code of two letters. */\n"
    f"static const unsigned char codes_of_two[] = {{\n{bits(two, 2)}}};\n"
    f"static const unsigned char codes_of_three[] = {{\n{bits(three - longer, 3)}}};\n"
)
