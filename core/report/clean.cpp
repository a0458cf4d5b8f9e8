// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/clean.h"

#include <KLocalizedString>

namespace cutover::report {

static bool isAllowed(char16_t c)
{
    if (c < 0x20)
        return c == u'\t' || c == u'\n';
    const bool control = c >= 0x7f && c <= 0x9f;
    const bool direction
        = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
    const bool noncharacter = (c >= 0xfdd0 && c <= 0xfdef) || c >= 0xfffe;
    return !control && !direction && !noncharacter;
}

QString clean(const QString& text, qsizetype most)
{
    qsizetype length = std::min(text.size(), most);
    if (length < text.size() && length > 0 && text[length - 1].isHighSurrogate())
        --length;
    QString out = text.first(length);
    for (qsizetype i = 0; i < out.size(); ++i) {
        const QChar c = out[i];
        if (c.isHighSurrogate() && i + 1 < out.size() && out[i + 1].isLowSurrogate())
            ++i;
        else if (c.isSurrogate() || !isAllowed(c.unicode()))
            out[i] = QChar::ReplacementCharacter;
    }
    if (length < text.size())
        out += u' '
            + i18np("[… %1 character more]", "[… %1 characters more]",
                static_cast<int>(std::min<qsizetype>(text.size() - length, 1'000'000'000)));
    return out;
}

} // namespace cutover::report
