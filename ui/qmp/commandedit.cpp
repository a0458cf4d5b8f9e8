// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/commandedit.h"

#include "colours.h"
#include "jsontext.h"
#include "qmp/commandtext.h"
#include "qmp/suggestiondelegate.h"

#include <KLocalizedString>
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/SyntaxHighlighter>

#include <QAbstractItemView>
#include <QCompleter>
#include <QFontDatabase>
#include <QKeyEvent>
#include <QMimeData>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStandardItemModel>

#include <algorithm>

namespace cutover::ui {

static constexpr int mostLines = 8;
/// Of the popup, in characters.
static constexpr int popupWidth = 64;

static constexpr int insertRole = Qt::UserRole;

CommandEdit::CommandEdit(QWidget* parent)
    : QPlainTextEdit(parent)
    , m_completer(new QCompleter(this))
    , m_items(new QStandardItemModel(this))
    , m_highlighter(new KSyntaxHighlighting::SyntaxHighlighter(document()))
{
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setAccessibleName(i18n("QMP command"));
    setObjectName(QStringLiteral("qmpCommand"));
    setTabChangesFocus(true);
    setLineWrapMode(WidgetWidth);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_completer->setWidget(this);
    m_completer->setModel(m_items);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->popup()->setItemDelegate(new SuggestionDelegate(m_completer->popup()));
    m_completer->popup()->setAccessibleName(i18n("Suggestions"));
    m_completer->popup()->setObjectName(QStringLiteral("qmpSuggestions"));
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::activated), this, &CommandEdit::accept);
    connect(this, &QPlainTextEdit::textChanged, this, &CommandEdit::textEdited);
    connect(document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
        [this](const QSizeF& size) {
            setVerticalScrollBarPolicy(
                size.height() > mostLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
            updateGeometry();
        });
    applyTheme();
}

void CommandEdit::setSchema(std::shared_ptr<const qmp::Schema> schema)
{
    m_schema = std::move(schema);
}

QSize CommandEdit::sizeHint() const
{
    // Of this document, the height counts lines.
    const int lines = std::clamp(qRound(document()->size().height()), 1, mostLines);
    const int frame = 2 * (frameWidth() + qRound(document()->documentMargin()));
    return { fontMetrics().averageCharWidth() * 12, (lines * fontMetrics().lineSpacing()) + frame + 2 };
}

void CommandEdit::markProblem(TextRange where, const QString& text)
{
    QList<QTextEdit::ExtraSelection> marks;
    if (where.length > 0) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = textCursor();
        mark.cursor.setPosition(static_cast<int>(std::min<qsizetype>(where.start, plain().size())));
        mark.cursor.setPosition(
            static_cast<int>(std::min<qsizetype>(where.end(), plain().size())), QTextCursor::KeepAnchor);
        mark.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        mark.format.setUnderlineColor(Colours::of(palette()).negative);
        marks.append(mark);
    }
    setExtraSelections(marks);
    setToolTip(text);
    setAccessibleDescription(text);
}

void CommandEdit::setText(const QString& text)
{
    const QScopedValueRollback quiet(m_setting, true);
    // Can be undone, unlike setPlainText().
    QTextCursor cursor = textCursor();
    cursor.select(QTextCursor::Document);
    cursor.insertText(text);
    cursor.movePosition(QTextCursor::End);
    setTextCursor(cursor);
    m_completer->popup()->hide();
}

bool CommandEdit::focusNextPrevChild(bool next)
{
    // With suggestions in view, Tab is for them.
    return !m_completer->popup()->isVisible() && QPlainTextEdit::focusNextPrevChild(next);
}

void CommandEdit::keyPressEvent(QKeyEvent* event)
{
    const bool popup = m_completer->popup()->isVisible();
    const int key = event->key();
    const bool isReturn = key == Qt::Key_Return || key == Qt::Key_Enter;
    // The popup sees the keys after us, if we leave them alone.
    if (popup && (isReturn || key == Qt::Key_Tab || key == Qt::Key_Backtab || key == Qt::Key_Escape)) {
        // Nothing has been chosen in it: what is typed is meant.
        if (!m_completer->popup()->currentIndex().isValid() && (isReturn || key == Qt::Key_Tab)) {
            if (key == Qt::Key_Tab) {
                accept(m_items->index(0, 0));
                m_completer->popup()->hide();
                return;
            }
            m_completer->popup()->hide();
        } else {
            event->ignore();
            return;
        }
    }
    if (key == Qt::Key_Space && event->modifiers() == Qt::ControlModifier) {
        showSuggestions();
        return;
    }
    if (isReturn && event->modifiers() == Qt::NoModifier) {
        if (CommandText::parse(plain(), nullptr).isUnfinished())
            insertPlainText(QStringLiteral("\n"));
        else
            Q_EMIT sendRequested();
        return;
    }
    if (isReturn && event->modifiers() == Qt::ShiftModifier) {
        insertPlainText(QStringLiteral("\n"));
        return;
    }
    if (key == Qt::Key_Escape) {
        Q_EMIT left();
        return;
    }
    const bool plainKey = (event->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
    if (plainKey && ((key == Qt::Key_Up && stepHistory(-1)) || (key == Qt::Key_Down && stepHistory(1))))
        return;
    QPlainTextEdit::keyPressEvent(event);
}

/// Only where the cursor could not go further in the text itself.
bool CommandEdit::stepHistory(int direction)
{
    QTextCursor cursor = textCursor();
    if (cursor.movePosition(direction < 0 ? QTextCursor::Up : QTextCursor::Down))
        return false;
    const auto entry = m_history.step(direction, plain());
    if (entry)
        setText(*entry);
    return true;
}

void CommandEdit::textEdited()
{
    const bool json = QStringView(plain()).trimmed().startsWith(u'{');
    if (json != m_highlighter->definition().isValid())
        m_highlighter->setDefinition(json ? jsonDefinition() : KSyntaxHighlighting::Definition());
    if (m_setting)
        return;
    m_history.rewind();
    if (hasFocus() && !plain().trimmed().isEmpty())
        showSuggestions();
    else
        m_completer->popup()->hide();
}

void CommandEdit::showSuggestions()
{
    if (!m_schema)
        return;
    const Suggestions found = suggest(plain(), textCursor().position(), *m_schema);
    offer(found.items, found.range, Offers::Suggestions);
}

void CommandEdit::showHistory()
{
    QList<Suggestion> items;
    const QString typed = plain().trimmed();
    const QStringList& entries = m_history.entries();
    for (auto entry = entries.crbegin(); entry != entries.crend(); ++entry) {
        if (entry->contains(typed, Qt::CaseInsensitive))
            items.append({ .text = entry->simplified(), .hint = {}, .insert = *entry });
    }
    offer(items, { 0, plain().size() }, Offers::History);
}

void CommandEdit::offer(const QList<Suggestion>& items, TextRange range, Offers what)
{
    QAbstractItemView* popup = m_completer->popup();
    if (items.isEmpty()) {
        popup->hide();
        return;
    }
    m_replaced = range;
    m_offers = what;
    m_items->clear();
    for (const Suggestion& item : items) {
        auto* row = new QStandardItem(item.text);
        row->setData(item.insert, insertRole);
        row->setData(item.hint, SuggestionDelegate::hintRole);
        row->setData(item.hint.isEmpty() ? item.text : QString(item.text + QStringLiteral(", ") + item.hint),
            Qt::AccessibleTextRole);
        m_items->appendRow(row);
    }
    QTextCursor start = textCursor();
    start.setPosition(static_cast<int>(range.start));
    QRect place = cursorRect(start);
    place.setWidth(std::min(fontMetrics().averageCharWidth() * popupWidth, std::max(width(), 200)));
    m_completer->complete(place);
    popup->setCurrentIndex({});
}

void CommandEdit::accept(const QModelIndex& index)
{
    // The completer hands out an index of its own model.
    const QString insert = index.data(insertRole).toString();
    QTextCursor cursor = textCursor();
    cursor.setPosition(static_cast<int>(std::min<qsizetype>(m_replaced.start, plain().size())));
    cursor.setPosition(
        static_cast<int>(std::min<qsizetype>(m_replaced.end(), plain().size())), QTextCursor::KeepAnchor);
    const bool goesOn = m_offers == Offers::Suggestions && (insert.endsWith(u'=') || insert.endsWith(u'.'));
    {
        const QScopedValueRollback quiet(m_setting, true);
        cursor.insertText(insert);
        setTextCursor(cursor);
    }
    if (goesOn)
        QMetaObject::invokeMethod(this, &CommandEdit::showSuggestions, Qt::QueuedConnection);
}

void CommandEdit::focusInEvent(QFocusEvent* event)
{
    QPlainTextEdit::focusInEvent(event);
    Q_EMIT entered();
}

void CommandEdit::changeEvent(QEvent* event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTheme();
}

void CommandEdit::insertFromMimeData(const QMimeData* source)
{
    if (source->hasText())
        insertPlainText(source->text());
}

void CommandEdit::applyTheme()
{
    m_highlighter->setTheme(codeTheme(Colours::of(palette()).isDark()));
    m_highlighter->rehighlight();
}

} // namespace cutover::ui
