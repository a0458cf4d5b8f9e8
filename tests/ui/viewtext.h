// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "mainwindow.h"
#include "widgets/endpointcard.h"
#include "widgets/phasestrip.h"
#include "widgets/sessioncard.h"

#include <KSqueezedTextLabel>

#include <QAbstractItemView>
#include <QDockWidget>
#include <QLabel>
#include <QRegularExpression>
#include <QStatusBar>

/// What a window shows of its session, as text, to be compared view by view.
namespace cutover::ui::test {

inline void appendRows(const QAbstractItemModel& model, const QModelIndex& parent, QStringList& lines)
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QStringList cells;
        for (int column = 0; column < model.columnCount(parent); ++column)
            cells.append(model.index(row, column, parent).data().toString());
        lines.append(cells.join(QStringLiteral(" | ")));
        appendRows(model, model.index(row, 0, parent), lines);
    }
}

inline QString labelsOf(const QWidget* widget)
{
    QStringList texts;
    for (const QLabel* label : widget->findChildren<QLabel*>()) {
        const auto* squeezed = qobject_cast<const KSqueezedTextLabel*>(label);
        texts.append(squeezed ? squeezed->fullText() : label->text());
    }
    return texts.join(QStringLiteral(" / "));
}

/// The sentence of the card in the middle.
inline QString sessionSentence(const MainWindow& window)
{
    return labelsOf(window.findChild<SessionCard*>());
}

/// Cards, phases, every table of every dock, the status bar; what belongs to the moment (uptimes) and to
/// recordings alone ("Recording:") is left out.
inline QString viewText(const MainWindow& window, const QStringList& without = {})
{
    QStringList lines;
    for (const EndpointCard* card : window.findChildren<EndpointCard*>())
        lines.append(labelsOf(card).remove(QRegularExpression(QStringLiteral("up [^/·]*"))));
    lines.append(sessionSentence(window).remove(QStringLiteral("Recording: ")));
    for (const PhaseStrip* phases : window.findChildren<PhaseStrip*>())
        lines.append(labelsOf(phases));
    for (const QDockWidget* dock : window.findChildren<QDockWidget*>()) {
        if (without.contains(dock->objectName()))
            continue;
        lines.append(QStringLiteral("== ") + dock->objectName());
        lines.append(labelsOf(dock->widget()));
        for (const QAbstractItemView* view : dock->findChildren<QAbstractItemView*>()) {
            // Not the lists behind combo boxes.
            if (view->model() && !view->inherits("QComboBoxListView"))
                appendRows(*view->model(), {}, lines);
        }
    }
    lines.append(labelsOf(window.statusBar()));
    return lines.join(u'\n');
}

} // namespace cutover::ui::test
