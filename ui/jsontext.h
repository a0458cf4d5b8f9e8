// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QTextLayout>

#include <KSyntaxHighlighting/AbstractHighlighter>
#include <KSyntaxHighlighting/Theme>

namespace cutover::ui {

/// \a raw with line breaks and indentation, every token as it was: numbers keep their digits, strings their
/// escapes, objects their order. Text that is no JSON is returned as it is.
QString prettyJson(const QString& raw);

/// The colours of the JSON tokens in one line, for views that paint themselves.
class JsonHighlighter : private KSyntaxHighlighting::AbstractHighlighter
{
public:
    JsonHighlighter();

    /// The light or the dark theme of the library.
    void setDark(bool dark);
    QList<QTextLayout::FormatRange> formats(const QString& line);

private:
    void applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format) override;

    QList<QTextLayout::FormatRange> m_found;
};

/// The JSON definition and the theme that fits a light or dark background, from one shared repository.
KSyntaxHighlighting::Definition jsonDefinition();
KSyntaxHighlighting::Theme codeTheme(bool dark);

} // namespace cutover::ui
