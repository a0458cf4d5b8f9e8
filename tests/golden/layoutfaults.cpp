// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layoutfaults.h"

#include <KSqueezedTextLabel>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMainWindow>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QRubberBand>
#include <QScrollArea>
#include <QSizeGrip>
#include <QSplitterHandle>
#include <QStatusBar>
#include <QStyleOptionComboBox>
#include <QStyleOptionDockWidget>
#include <QTabBar>
#include <QTextDocument>
#include <QToolButton>

namespace cutover::ui::test {

using namespace Qt::StringLiterals;

namespace {

QString plain(const QString& text)
{
    if (!Qt::mightBeRichText(text))
        return QString(text).remove(u'&');
    QTextDocument document;
    document.setHtml(text);
    return document.toPlainText();
}

QString nameOf(const QWidget* widget)
{
    QString name = QString::fromLatin1(widget->metaObject()->className());
    if (!widget->objectName().isEmpty())
        name += u" " + widget->objectName();
    else if (!widget->accessibleName().isEmpty())
        name += u" “" + widget->accessibleName() + u"”";
    return name;
}

/// A dock behind another one's tab is put where nobody sees it, and so are tab bars that are not used.
bool isElsewhere(const QWidget* widget)
{
    return qobject_cast<const QMainWindow*>(widget->parentWidget())
        && !widget->parentWidget()->rect().intersects(widget->geometry());
}

class Faults
{
public:
    void look(const QWidget* widget)
    {
        check(widget);
        checkChildren(widget);
        for (const QObject* child : widget->children()) {
            const auto* part = qobject_cast<const QWidget*>(child);
            if (part && !part->isWindow() && part->isVisible() && !isElsewhere(part))
                look(part);
        }
    }

    QStringList found;

private:
    void add(const QWidget* widget, const QString& what)
    {
        found << u"%1 in %2: %3"_s.arg(nameOf(widget), nameOf(widget->parentWidget()), what);
    }

    void narrow(const QWidget* widget, const QString& text, int needed, int space)
    {
        if (needed > space)
            add(widget, u"“%1” needs %2, has %3"_s.arg(text).arg(needed).arg(space));
    }

    void check(const QWidget* widget)
    {
        if (const auto* label = qobject_cast<const QLabel*>(widget))
            checkLabel(label);
        else if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
            checkButton(button);
        else if (const auto* combo = qobject_cast<const QComboBox*>(widget))
            checkCombo(combo);
        else if (const auto* bar = qobject_cast<const QTabBar*>(widget))
            checkTabs(bar);
        else if (const auto* header = qobject_cast<const QHeaderView*>(widget))
            checkHeader(header);
        else if (const auto* view = qobject_cast<const QAbstractItemView*>(widget))
            checkCells(view);
        else if (const auto* edit = qobject_cast<const QLineEdit*>(widget))
            checkEdit(edit);
        else if (const auto* text = qobject_cast<const QPlainTextEdit*>(widget))
            checkPlainText(text);
        else if (const auto* group = qobject_cast<const QGroupBox*>(widget))
            narrow(group, group->title(), group->fontMetrics().horizontalAdvance(plain(group->title())),
                group->width());
        else if (const auto* dock = qobject_cast<const QDockWidget*>(widget))
            checkDock(dock);
    }

    void checkLabel(const QLabel* label)
    {
        const QString text = plain(label->text());
        if (text.isEmpty() || qobject_cast<const KSqueezedTextLabel*>(label))
            return; // that one tells by itself what it elides
        const QSize space = label->contentsRect().size();
        const int margins = label->width() - space.width();
        if (label->wordWrap()) {
            const int needed = label->heightForWidth(label->width());
            if (needed > label->height())
                add(label, u"“%1” needs a height of %2, has %3"_s.arg(text).arg(needed).arg(label->height()));
            // A single word can still be too long.
            int longest = 0;
            for (const QString& word : text.split(QRegularExpression(u"\\s"_s)))
                longest = std::max(longest, label->fontMetrics().horizontalAdvance(word));
            if (label->toolTip().isEmpty())
                narrow(label, text, longest, space.width());
        } else if (label->toolTip().isEmpty()) {
            narrow(label, text, label->sizeHint().width() - margins, space.width());
        }
        if (!label->wordWrap() && label->sizeHint().height() > label->height())
            add(label,
                u"“%1” needs a height of %2, has %3"_s.arg(text)
                    .arg(label->sizeHint().height())
                    .arg(label->height()));
    }

    void checkButton(const QAbstractButton* button)
    {
        if (button->text().isEmpty())
            return;
        const auto* tool = qobject_cast<const QToolButton*>(button);
        if (tool && tool->toolButtonStyle() == Qt::ToolButtonIconOnly)
            return;
        const bool known
            = qobject_cast<const QPushButton*>(button) || tool || qobject_cast<const QCheckBox*>(button);
        const QString text = plain(button->text());
        narrow(button, text,
            known ? button->sizeHint().width() : button->fontMetrics().horizontalAdvance(text),
            button->width());
        if (button->height() < button->fontMetrics().height())
            add(button, u"“%1” is cut at the bottom"_s.arg(button->text()));
    }

    void checkCombo(const QComboBox* combo)
    {
        if (combo->isEditable())
            return; // its line edit is looked at
        QStyleOptionComboBox option;
        option.initFrom(combo);
        option.editable = false;
        option.frame = combo->hasFrame();
        const QRect field = combo->style()->subControlRect(
            QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, combo);
        int needed = combo->fontMetrics().horizontalAdvance(combo->currentText());
        if (!combo->itemIcon(combo->currentIndex()).isNull())
            needed += combo->iconSize().width() + 4;
        if (!combo->toolTip().contains(combo->currentText()))
            narrow(combo, combo->currentText(), needed, field.width());
    }

    void checkTabs(const QTabBar* bar)
    {
        for (int tab = 0; tab < bar->count(); ++tab) {
            const QString text = plain(bar->tabText(tab));
            if (bar->isTabVisible(tab) && !bar->tabToolTip(tab).contains(text))
                narrow(bar, text, bar->fontMetrics().horizontalAdvance(text), bar->tabRect(tab).width());
        }
    }

    void checkHeader(const QHeaderView* header)
    {
        if (!header->model() || header->orientation() == Qt::Vertical)
            return;
        for (int section = 0; section < header->count(); ++section) {
            const QString text = header->model()->headerData(section, Qt::Horizontal).toString();
            const QString tip
                = header->model()->headerData(section, Qt::Horizontal, Qt::ToolTipRole).toString();
            if (header->isSectionHidden(section))
                continue;
            if (!tip.contains(text))
                narrow(header, text, header->fontMetrics().horizontalAdvance(text),
                    header->sectionSize(section));
            // The numbers of fds, and the evidence of a long language, are for those who look for them.
            const QString table = header->parentWidget()->objectName();
            if (table != u"devicesView" && table != u"breakdownView"
                && header->sectionViewportPosition(section) + header->sectionSize(section) > header->width())
                add(header, u"“%1” is a scroll away"_s.arg(text));
        }
    }

    void checkCells(const QAbstractItemView* view)
    {
        const QAbstractItemModel* model = view->model();
        // Lines that paint their own columns, with all of the current one beside them.
        if (!model || view->inherits("cutover::ui::LogView"))
            return;
        for (QModelIndex row = view->indexAt({ 1, 1 }); row.isValid();) {
            const QRect place = view->visualRect(row);
            if (place.top() > view->viewport()->height())
                break;
            for (int column = 0; column < model->columnCount(row.parent()); ++column) {
                const QModelIndex cell = row.siblingAtColumn(column);
                const QString text = cell.data().toString();
                const QRect space = view->visualRect(cell);
                if (text.isEmpty() || space.isEmpty() || !cell.data(Qt::ToolTipRole).toString().isEmpty())
                    continue;
                narrow(view, text, view->fontMetrics().horizontalAdvance(text.section(u'\n', 0, 0)),
                    space.width());
            }
            const QModelIndex below = view->indexAt({ place.left() + 1, place.bottom() + 2 });
            if (below == row)
                break;
            row = below;
        }
    }

    void checkEdit(const QLineEdit* edit)
    {
        const QString text = edit->text().isEmpty() ? edit->placeholderText() : QString();
        if (!edit->toolTip().contains(text) || text.isEmpty())
            narrow(edit, text, edit->fontMetrics().horizontalAdvance(text), edit->contentsRect().width() - 4);
    }

    void checkPlainText(const QPlainTextEdit* edit)
    {
        // That of one line; higher ones wrap it.
        if (edit->toPlainText().isEmpty() && edit->height() < 2 * edit->fontMetrics().height())
            narrow(edit, edit->placeholderText(),
                edit->fontMetrics().horizontalAdvance(edit->placeholderText()), edit->viewport()->width());
    }

    void checkDock(const QDockWidget* dock)
    {
        // One behind tabs has the same title as its tab.
        const auto* window = qobject_cast<const QMainWindow*>(dock->parentWidget());
        if (!window || dock->titleBarWidget())
            return;
        const QString title = plain(dock->windowTitle());
        const int buttons = 2 * dock->style()->pixelMetric(QStyle::PM_SmallIconSize);
        narrow(dock, title, dock->fontMetrics().horizontalAdvance(title), dock->width() - buttons);
    }

    void checkChildren(const QWidget* parent)
    {
        // What is scrolled is meant to be cut off; a scroll area and a splitter place their parts themselves.
        const bool scrolls = parent->parentWidget()
            && qobject_cast<const QAbstractScrollArea*>(parent->parentWidget())
            && static_cast<const QAbstractScrollArea*>(parent->parentWidget())->viewport() == parent;
        if (scrolls || qobject_cast<const QAbstractScrollArea*>(parent)
            || qobject_cast<const QTabBar*>(parent) || qobject_cast<const QLineEdit*>(parent)
            || qobject_cast<const QComboBox*>(parent) || qobject_cast<const QMenuBar*>(parent))
            return;
        QList<const QWidget*> parts;
        for (const QObject* child : parent->children()) {
            const auto* part = qobject_cast<const QWidget*>(child);
            if (!part || part->isWindow() || !part->isVisible() || part->size().isEmpty() || isElsewhere(part)
                || qobject_cast<const QRubberBand*>(part) || qobject_cast<const QSplitterHandle*>(part)
                || qobject_cast<const QSizeGrip*>(part))
                continue;
            parts << part;
        }
        for (const QWidget* part : std::as_const(parts)) {
            if (!parent->rect().contains(part->geometry()))
                add(part,
                    u"sticks out: %1 of %2"_s.arg(describe(part->geometry()), describe(parent->rect())));
        }
        for (qsizetype i = 0; i < parts.size(); ++i) {
            for (qsizetype j = i + 1; j < parts.size(); ++j) {
                const QRect common = parts[i]->geometry() & parts[j]->geometry();
                // The rectangles of neighbours may touch.
                if (common.width() > 1 && common.height() > 1)
                    add(parts[i], u"overlaps %1 at %2"_s.arg(nameOf(parts[j]), describe(common)));
            }
        }
    }

    static QString describe(const QRect& rect)
    {
        return u"%1×%2+%3+%4"_s.arg(rect.width()).arg(rect.height()).arg(rect.x()).arg(rect.y());
    }
};

} // namespace

QStringList layoutFaults(const QWidget& window)
{
    Faults faults;
    faults.look(&window);
    return faults.found;
}

} // namespace cutover::ui::test
