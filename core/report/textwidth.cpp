// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/textwidth.h"

namespace cutover::report {

/// In thousandths of the font's size, as in DejaVu Sans and Verdana.
static int advance(QChar c)
{
    static constexpr QStringView narrow = u"ijl.,:;'|!()[]{}/\\ IftrJ-\"";
    static constexpr QStringView wide = u"mwMWQGOD@%&—…→+=<>~";
    if (narrow.contains(c))
        return 420;
    if (wide.contains(c))
        return 980;
    if (c.unicode() >= 0x1100)
        return 1000;
    return c.isUpper() ? 720 : 640;
}

double textWidth(QStringView text, double size)
{
    qint64 sum = 0;
    for (const QChar c : text)
        sum += advance(c);
    return static_cast<double>(sum) * size / 1000;
}

QString fittedText(const QString& text, double size, double room)
{
    if (textWidth(text, size) <= room)
        return text;
    QString cut = text;
    while (!cut.isEmpty() && textWidth(cut, size) + size > room)
        cut.chop(cut.back().isLowSurrogate() && cut.size() > 1 ? 2 : 1);
    return cut.size() < 2 || cut.size() * 2 < text.size() ? QString() : QString(cut + QChar(u'…'));
}

} // namespace cutover::report
