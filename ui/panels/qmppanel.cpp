// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/qmppanel.h"

#include "colours.h"
#include "jsontext.h"
#include "panels/qmpdelegate.h"
#include "widgets/emptyhint.h"

#include <KLocalizedString>
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/SyntaxHighlighter>

#include <QComboBox>
#include <QEvent>
#include <QFocusEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

/// In characters.
static constexpr int leastWidthForBoth = 70;

QmpPanel::QmpPanel(const timeline::Record& record, QWidget* parent)
    : QWidget(parent)
    , m_model(record)
    , m_side(new QComboBox(this))
    , m_text(new QLineEdit(this))
    , m_follow(new QToolButton(this))
    , m_count(new QLabel(this))
    , m_view(new QListView(this))
    , m_pretty(new QPlainTextEdit(this))
    , m_highlighter(new KSyntaxHighlighting::SyntaxHighlighter(m_pretty->document()))
{
    m_filter.setSourceModel(&m_model);
    m_view->setModel(&m_filter);
    m_view->setItemDelegate(new QmpDelegate(m_view));
    m_view->setUniformItemSizes(true);
    m_view->setAlternatingRowColors(false);
    m_view->setAccessibleName(i18n("QMP messages"));
    m_view->setObjectName(QStringLiteral("qmpMessages"));
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    new EmptyHint(i18n("The messages of both monitors appear here once a source is connected; with a filter, "
                       "those that fit it."),
        m_view);

    m_pretty->setReadOnly(true);
    m_pretty->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_pretty->setPlaceholderText(i18n("Choose a message to read it in full."));
    m_pretty->setAccessibleName(i18n("Chosen QMP message"));
    m_pretty->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_pretty->setTabChangesFocus(true);
    m_highlighter->setDefinition(jsonDefinition());

    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setObjectName(QStringLiteral("qmpSplit"));
    split->setChildrenCollapsible(false);
    split->addWidget(m_view);
    split->addWidget(m_pretty);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(makeFilterRow());
    layout->addWidget(split, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &QmpPanel::showChosen);
    connect(&m_filter, &QAbstractItemModel::rowsInserted, this, [this] {
        updateCount();
        if (isFollowing())
            m_view->scrollToBottom();
    });
    for (auto signal : { &QAbstractItemModel::rowsRemoved })
        connect(&m_filter, signal, this, &QmpPanel::updateCount);
    connect(&m_filter, &QAbstractItemModel::modelReset, this, [this] {
        m_pretty->clear();
        updateCount();
    });
    // Only what the operator does ends the following: new rows change the range, not this.
    connect(m_view->verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
        const QScrollBar* bar = m_view->verticalScrollBar();
        m_follow->setChecked(bar->sliderPosition() >= bar->maximum());
    });
    applyTheme();
    updateCount();
}

QWidget* QmpPanel::makeFilterRow()
{
    auto* row = new QWidget(this);
    m_side->addItem(i18n("Both sides"));
    m_side->addItem(i18n("Source"), static_cast<int>(Side::Source));
    m_side->addItem(i18n("Destination"), static_cast<int>(Side::Destination));
    m_side->setAccessibleName(i18n("Side of the messages"));
    m_text->setPlaceholderText(i18n("Filter, such as MIGRATION"));
    m_text->setClearButtonEnabled(true);
    m_text->setAccessibleName(i18n("Filter of the messages"));
    m_follow->setText(i18n("Follow"));
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    m_follow->setToolTip(i18n("Keep the newest message in view"));
    m_follow->setAccessibleName(i18n("Follow the newest message"));
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins({});
    layout->addWidget(m_side);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_follow);
    layout->addSpacing(8);
    layout->addWidget(m_count);
    connect(m_side, &QComboBox::currentIndexChanged, this, [this] {
        const QVariant side = m_side->currentData();
        m_filter.setSide(side.isValid() ? std::optional(static_cast<Side>(side.toInt())) : std::nullopt);
        updateCount();
    });
    connect(m_text, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filter.setText(text);
        updateCount();
    });
    connect(m_follow, &QToolButton::toggled, this, [this](bool follow) {
        if (follow)
            m_view->scrollToBottom();
    });
    return row;
}

void QmpPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // Where there is room for one, the list is of more use.
    m_pretty->setVisible(width() > fontMetrics().averageCharWidth() * leastWidthForBoth);
}

void QmpPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

bool QmpPanel::isFollowing() const
{
    return m_follow->isChecked();
}

void QmpPanel::showChosen(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    m_pretty->setPlainText(prettyJson(index.data(QmpLogModel::RawRole).toString()));
    Q_EMIT eventSelected(index.data(QmpLogModel::EventRole).toULongLong());
}

void QmpPanel::updateCount()
{
    const int shown = m_filter.rowCount();
    const int all = m_model.rowCount();
    m_count->setText(
        shown == all ? i18np("%1 message", "%1 messages", all) : i18n("%1 of %2 messages", shown, all));
}

void QmpPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTheme();
}

void QmpPanel::applyTheme()
{
    m_highlighter->setTheme(codeTheme(Colours::of(palette()).isDark()));
    m_highlighter->rehighlight();
}

} // namespace cutover::ui
