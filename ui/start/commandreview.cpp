// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/commandreview.h"

#include "operator/commandedit.h"
#include "panels/rankdelegate.h"
#include "panels/tablepanel.h"
#include "start/destinationchooser.h"

#include <KLocalizedString>

#include <QCheckBox>
#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

QString commandText(const QStringList& argv)
{
    const auto line = op::CommandLine::parse(argv);
    if (!line)
        return {};
    QStringList lines{ op::shellLine({ line->program() }) };
    for (const op::CommandLine::Option& option : line->options()) {
        QStringList words{ option.spelling };
        if (option.argument)
            words << *option.argument;
        lines << op::shellLine(words);
    }
    return lines.join(u'\n');
}

CommandReview::CommandReview(QWidget* parent)
    : QWidget(parent)
    , m_pages(new QStackedWidget(this))
{
    m_shown.setSourceModel(&m_model);
    m_shown.setFilterRole(CommandModel::KeptRole);
    m_pages->addWidget(makeTable());
    m_pages->addWidget(makeEditor());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_pages);
    setAllowed({}, {});
}

QWidget* CommandReview::makeTable()
{
    auto* page = new QWidget(m_pages);
    m_table = new TablePanel(i18n("Command line of the destination"),
        i18n(
            "After a check the command line of the destination stands here, with every change marked, before "
            "it is run. A destination that you have started yourself has none."),
        &m_shown, page);
    m_table->view()->setObjectName(u"commandTable"_s);
    m_table->view()->setItemDelegate(
        new RankDelegate(RankDelegate::Scale::Verdict, CommandModel::VerdictRole, m_table));
    m_table->setColumnWidths({ 12, 46, 34, 40 });
    m_table->view()->setTextElideMode(Qt::ElideMiddle);
    m_changesOnly = new QCheckBox(i18n("Changes &only"), page);
    m_changesOnly->setObjectName(u"changesOnly"_s);
    m_edit = new QPushButton(QIcon::fromTheme(u"document-edit"_s), i18n("E&dit…"), page);
    m_edit->setObjectName(u"commandEdit"_s);
    m_copy = new QPushButton(QIcon::fromTheme(u"edit-copy"_s), i18n("Cop&y"), page);
    m_copy->setObjectName(u"commandCopy"_s);
    m_copy->setToolTip(i18n("Copies it as one line for a shell"));
    m_reset = new QPushButton(QIcon::fromTheme(u"edit-undo"_s), i18n("&Reset"), page);
    m_reset->setObjectName(u"commandReset"_s);
    auto* row = new QHBoxLayout;
    row->addWidget(m_edit);
    row->addWidget(m_reset);
    row->addWidget(m_copy);
    row->addStretch(1);
    row->addWidget(m_changesOnly);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->addWidget(m_table, 1);
    layout->addLayout(row);

    connect(m_changesOnly, &QCheckBox::toggled, this,
        [this](bool only) { m_shown.setFilterFixedString(only ? u"false"_s : QString()); });
    connect(m_edit, &QPushButton::clicked, this, &CommandReview::startEditing);
    connect(m_table->view(), &QTreeView::activated, this, [this] {
        if (m_edit->isEnabled())
            startEditing();
    });
    connect(m_copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(op::shellLine(m_command.argv)); });
    connect(m_reset, &QPushButton::clicked, this, &CommandReview::resetRequested);
    return page;
}

QWidget* CommandReview::makeEditor()
{
    auto* page = new QWidget(m_pages);
    m_text = new QPlainTextEdit(page);
    m_text->setObjectName(u"commandText"_s);
    m_text->setAccessibleName(i18n("Command line, one option a line, as a shell would read it"));
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_problem = new QLabel(page);
    m_problem->setObjectName(u"commandProblem"_s);
    m_problem->setAccessibleName(i18n("What is wrong with the command line"));
    m_problem->setWordWrap(true);
    m_use = new QPushButton(QIcon::fromTheme(u"dialog-ok-apply"_s), i18n("&Use and Check Again"), page);
    m_use->setObjectName(u"commandUse"_s);
    auto* leave = new QPushButton(QIcon::fromTheme(u"dialog-cancel"_s), i18n("&Leave as It Was"), page);
    leave->setObjectName(u"commandLeave"_s);
    // A dock does not grow with a text that wraps.
    m_problem->setMinimumHeight(fontMetrics().lineSpacing() * 2);
    m_problem->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* row = new QHBoxLayout;
    row->addWidget(m_use);
    row->addWidget(leave);
    row->addWidget(m_problem, 1);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->addWidget(m_text, 1);
    layout->addLayout(row);
    connect(m_text, &QPlainTextEdit::textChanged, this, &CommandReview::checkEdit);
    connect(m_use, &QPushButton::clicked, this, &CommandReview::useEdit);
    connect(leave, &QPushButton::clicked, this, &CommandReview::stopEditing);
    return page;
}

void CommandReview::setCommand(const std::optional<op::ReviewedCommand>& command)
{
    m_command = command.value_or(op::ReviewedCommand());
    m_model.setRows(commandRows(m_command));
    m_table->setSummary(m_model.summary());
    m_copy->setEnabled(!m_command.argv.isEmpty());
}

void CommandReview::setAllowed(const Result<void>& edit, const Result<void>& reset)
{
    m_edit->setEnabled(edit && !m_command.argv.isEmpty());
    m_edit->setToolTip(edit ? i18n("Change the command line before it is run") : edit.error().message());
    m_reset->setEnabled(reset.has_value());
    m_reset->setToolTip(
        reset ? i18n("Derive it from the source again, without your edits") : reset.error().message());
    if (!edit && m_pages->currentIndex() == 1)
        stopEditing();
}

void CommandReview::startEditing()
{
    m_text->setPlainText(commandText(m_command.argv));
    m_pages->setCurrentIndex(1);
    checkEdit();
    m_text->setFocus(Qt::OtherFocusReason);
}

void CommandReview::stopEditing()
{
    m_pages->setCurrentIndex(0);
    m_table->setFocus(Qt::OtherFocusReason);
}

void CommandReview::checkEdit()
{
    m_base.clear();
    QString problem;
    const auto words = splitCommand(m_text->toPlainText());
    if (!words) {
        problem = i18n("It cannot be read: %1. %2", words.error().cause, words.error().remedy);
    } else {
        op::DerivedCommand derived;
        derived.argv = m_command.argv;
        derived.changes = m_command.changes;
        const auto edit = op::undoDerivation(derived, *words);
        if (!edit) {
            problem = i18n("It cannot be used: %1.", edit.error().cause);
        } else if (!edit->missing.empty()) {
            QStringList options;
            for (const op::CommandChange& change : edit->missing)
                options << i18nc("option: why", "%1: %2", change.before, change.reason);
            problem = i18np("This option of Cutover’s own has to stay as it was. %2",
                "These %1 options of Cutover’s own have to stay as they were. %2",
                static_cast<int>(options.size()), options.join(u' '));
        } else {
            m_base = edit->base;
        }
    }
    const bool changed = words && *words != m_command.argv;
    m_use->setEnabled(!m_base.isEmpty() && changed);
    m_use->setToolTip(!problem.isEmpty() ? problem
            : changed                    ? i18n("Looks again at what could go wrong with it")
                                         : i18n("Nothing was changed."));
    m_problem->setText(m_use->toolTip());
    m_problem->setToolTip(m_use->toolTip());
}

void CommandReview::useEdit()
{
    const QStringList base = m_base;
    stopEditing();
    Q_EMIT edited(base);
}

} // namespace cutover::ui
