// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "jsontext.h"

#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/Format>
#include <KSyntaxHighlighting/Repository>
#include <KSyntaxHighlighting/State>

#include <QJsonDocument>

namespace cutover::ui {

static KSyntaxHighlighting::Repository& repository()
{
    static KSyntaxHighlighting::Repository shared;
    return shared;
}

KSyntaxHighlighting::Definition jsonDefinition()
{
    return repository().definitionForName(QStringLiteral("JSON"));
}

KSyntaxHighlighting::Theme codeTheme(bool dark)
{
    return repository().defaultTheme(
        dark ? KSyntaxHighlighting::Repository::DarkTheme : KSyntaxHighlighting::Repository::LightTheme);
}

JsonHighlighter::JsonHighlighter()
{
    setDefinition(jsonDefinition());
    setDark(false);
}

void JsonHighlighter::setDark(bool dark)
{
    setTheme(codeTheme(dark));
}

QList<QTextLayout::FormatRange> JsonHighlighter::formats(const QString& line)
{
    m_found.clear();
    highlightLine(line, {});
    return std::exchange(m_found, {});
}

void JsonHighlighter::applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format)
{
    if (length == 0 || format.isDefaultTextStyle(theme()))
        return;
    QTextCharFormat text;
    if (format.hasTextColor(theme()))
        text.setForeground(format.textColor(theme()));
    m_found.append({ .start = offset, .length = length, .format = text });
}

QString prettyJson(const QString& raw)
{
    if (QJsonDocument::fromJson(raw.toUtf8()).isNull())
        return raw;
    QString out;
    out.reserve(raw.size() * 2);
    int depth = 0;
    bool inString = false;
    bool escaped = false;
    const auto breakLine = [&out, &depth] { out += u'\n' + QString(depth * 4, u' '); };
    for (qsizetype i = 0; i < raw.size(); ++i) {
        const QChar c = raw[i];
        if (inString) {
            out += c;
            inString = escaped || c != u'"';
            escaped = !escaped && c == u'\\';
            continue;
        }
        if (c.isSpace())
            continue;
        if (c == u'{' || c == u'[') {
            qsizetype next = i + 1;
            while (next < raw.size() && raw[next].isSpace())
                ++next;
            out += c;
            if (next < raw.size() && (raw[next] == u'}' || raw[next] == u']')) {
                out += raw[next];
                i = next;
                continue;
            }
            ++depth;
            breakLine();
        } else if (c == u'}' || c == u']') {
            depth = std::max(0, depth - 1);
            breakLine();
            out += c;
        } else if (c == u',') {
            out += c;
            breakLine();
        } else if (c == u':') {
            out += QStringLiteral(": ");
        } else {
            out += c;
            inString = c == u'"';
        }
    }
    return out;
}

} // namespace cutover::ui
