// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/shortcutsheet.h"

#include <KActionCollection>
#include <KLocalizedString>
#include <KShortcutsDialog>

#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QPrintDialog>
#include <QPrinter>
#include <QPushButton>
#include <QTextDocument>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <memory>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static QString shortcutText(const QAction* action)
{
    return QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText);
}

static QString plainText(const QAction* action)
{
    return KLocalizedString::removeAcceleratorMarker(action->text());
}

Shortcuts::Shortcuts(const Actions& actions, QObject* parent)
    : QObject(parent)
{
    for (const KCommandBar::ActionGroup& group : actions.groups()) {
        auto* collection = new KActionCollection(this);
        collection->setComponentDisplayName(group.name);
        for (QAction* action : group.actions) {
            KActionCollection::setDefaultShortcuts(action, action->shortcuts());
            collection->addAction(action->objectName(), action);
        }
        collection->readSettings();
        m_groups.append({ group.name, collection });
    }
}

void Shortcuts::edit(QWidget* parent)
{
    using Editor = KShortcutsEditor;
    auto* dialog
        = new KShortcutsDialog(Editor::WidgetAction | Editor::WindowAction | Editor::ApplicationAction,
            Editor::LetterShortcutsAllowed, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    for (const Group& group : std::as_const(m_groups))
        dialog->addCollection(group.collection, group.title);
    connect(dialog, &KShortcutsDialog::saved, this, &Shortcuts::changed);
    dialog->show();
}

QString shortcutSheetHtml(const QList<KCommandBar::ActionGroup>& groups)
{
    QString html = u"<h2>" % i18n("Keyboard shortcuts of Cutover").toHtmlEscaped() % u"</h2>";
    for (const KCommandBar::ActionGroup& group : groups) {
        html += u"<h3>" % group.name.toHtmlEscaped() % u"</h3><table cellpadding=\"3\" width=\"100%\">";
        for (const QAction* action : group.actions) {
            html += u"<tr><td width=\"55%\">" % plainText(action).toHtmlEscaped() % u"</td><td>"
                % shortcutText(action).toHtmlEscaped() % u"</td></tr>";
        }
        html += u"</table>";
    }
    return html;
}

ShortcutSheet::ShortcutSheet(const Actions& actions, QWidget* parent)
    : QDialog(parent)
    , m_actions(actions)
    , m_search(new QLineEdit(this))
    , m_sheet(new QTreeWidget(this))
{
    setObjectName(u"shortcutSheet"_s);
    setWindowTitle(i18nc("@title:window", "Keyboard Shortcuts"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_search->setPlaceholderText(i18n("Search actions and keys"));
    m_search->setAccessibleName(m_search->placeholderText());
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, &ShortcutSheet::filter);

    m_sheet->setAccessibleName(i18n("Actions and their shortcuts"));
    m_sheet->setHeaderLabels({ i18n("Action"), i18n("Shortcut"), i18n("What it does") });
    m_sheet->setAlternatingRowColors(true);
    m_sheet->setRootIsDecorated(false);
    m_sheet->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_sheet->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* change = buttons->addButton(i18n("C&hange…"), QDialogButtonBox::ActionRole);
    change->setIcon(QIcon::fromTheme(u"configure-shortcuts"_s));
    QPushButton* print = buttons->addButton(i18n("&Print…"), QDialogButtonBox::ActionRole);
    print->setIcon(QIcon::fromTheme(u"document-print"_s));
    // Return belongs to the search.
    for (QAbstractButton* button : buttons->buttons())
        qobject_cast<QPushButton*>(button)->setAutoDefault(false);
    connect(change, &QPushButton::clicked, this, &ShortcutSheet::editRequested);
    connect(print, &QPushButton::clicked, this, &ShortcutSheet::choosePrinter);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);

    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_search);
    layout->addWidget(m_sheet, 1);
    layout->addWidget(buttons);
    refresh();
    m_search->setFocus();
    resize(fontMetrics().averageCharWidth() * 120, fontMetrics().height() * 36);
}

void ShortcutSheet::refresh()
{
    m_sheet->clear();
    QFont bold = font();
    bold.setBold(true);
    for (const KCommandBar::ActionGroup& group : m_actions.groups()) {
        auto* title = new QTreeWidgetItem(m_sheet, { group.name });
        title->setFont(0, bold);
        title->setFirstColumnSpanned(true);
        for (const QAction* action : group.actions) {
            auto* row = new QTreeWidgetItem(title, { plainText(action), shortcutText(action) });
            const QString what = action->whatsThis().isEmpty() ? action->toolTip() : action->whatsThis();
            if (what != plainText(action)) {
                row->setText(2, what);
                row->setToolTip(2, what);
            }
        }
    }
    m_sheet->expandAll();
    filter(m_search->text());
}

void ShortcutSheet::filter(const QString& words)
{
    const QStringList all = words.split(u' ', Qt::SkipEmptyParts);
    for (int i = 0; i < m_sheet->topLevelItemCount(); ++i) {
        QTreeWidgetItem* group = m_sheet->topLevelItem(i);
        int shown = 0;
        for (int j = 0; j < group->childCount(); ++j) {
            QTreeWidgetItem* row = group->child(j);
            const QString text
                = group->text(0) % u' ' % row->text(0) % u' ' % row->text(1) % u' ' % row->text(2);
            const bool matches = std::ranges::all_of(
                all, [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
            row->setHidden(!matches);
            shown += matches ? 1 : 0;
        }
        group->setHidden(shown == 0);
    }
}

void ShortcutSheet::print(QPrinter* printer) const
{
    QTextDocument document;
    document.setHtml(shortcutSheetHtml(m_actions.groups()));
    document.print(printer);
}

void ShortcutSheet::choosePrinter()
{
    // The printer must outlive the dialog that chooses it.
    auto printer = std::make_shared<QPrinter>();
    auto* dialog = new QPrintDialog(printer.get(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, printer] { print(printer.get()); });
    dialog->open();
}

} // namespace cutover::ui
