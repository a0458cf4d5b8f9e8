// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"

#include <QDialog>

class KActionCollection;
class QLineEdit;
class QPrinter;
class QTreeWidget;

namespace cutover::ui {

/// The shortcuts of all actions as the user has set them: kept in the settings, edited with conflicts
/// noticed.
class Shortcuts : public QObject
{
    Q_OBJECT
public:
    /// What the actions have now are the defaults; what the settings say replaces them.
    explicit Shortcuts(const Actions& actions, QObject* parent);

    /// Opens the editor; \a changed() follows when it was accepted.
    void edit(QWidget* parent);

Q_SIGNALS:
    void changed();

private:
    struct Group
    {
        QString title;
        KActionCollection* collection;
    };
    QList<Group> m_groups;
};

/// The sheet as a document to be printed: one table for each group of actions.
QString shortcutSheetHtml(const QList<KCommandBar::ActionGroup>& groups);

/// All actions with their shortcuts on one page, to be searched and printed.
class ShortcutSheet : public QDialog
{
    Q_OBJECT
public:
    /// \a actions is borrowed. Deletes itself when it is closed.
    ShortcutSheet(const Actions& actions, QWidget* parent);

    void refresh();
    void print(QPrinter* printer) const;

Q_SIGNALS:
    void editRequested();

private:
    void filter(const QString& words);
    void choosePrinter();

    const Actions& m_actions;
    QLineEdit* m_search;
    QTreeWidget* m_sheet;
};

} // namespace cutover::ui
