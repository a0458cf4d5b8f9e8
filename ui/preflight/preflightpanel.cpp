// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "preflightpanel.h"

#include "actions.h"
#include "colours.h"
#include "panels/rankdelegate.h"
#include "widgets/actionbutton.h"
#include "widgets/columnfit.h"
#include "widgets/emptyhint.h"
#include "widgets/styles.h"
#include "widgets/textbutton.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QClipboard>
#include <QFocusEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QResizeEvent>
#include <QScrollArea>
#include <QSplitter>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <ranges>

namespace cutover::ui {

using op::Verdict;

void CheckFilter::setProblemsOnly(bool only)
{
    m_problemsOnly = only;
    invalidateFilter();
}

bool CheckFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (!m_problemsOnly)
        return true;
    const auto verdict
        = static_cast<Verdict>(sourceModel()->index(row, 0, parent).data(CheckModel::VerdictRole).toInt());
    return verdict == Verdict::Refuse || verdict == Verdict::Warning;
}

PreflightPanel::PreflightPanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_summary(new KSqueezedTextLabel(this))
    , m_top(new QWidget(this))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_view(new QTreeView(this))
{
    setObjectName(QStringLiteral("preflightPanel"));
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("Preflight: summary"));
    m_filter.setSourceModel(&m_model);
    m_view->setObjectName(QStringLiteral("preflightView"));
    m_view->setModel(&m_filter);
    m_view->setAccessibleName(i18n("Preflight"));
    m_view->setRootIsDecorated(false);
    styleTable(m_view);
    m_view->header()->setSectionResizeMode(CheckModel::VerdictColumn, QHeaderView::ResizeToContents);
    m_view->setColumnHidden(CheckModel::RemedyColumn, true);
    new ColumnFit(m_view, { 0, 42, 42 });
    m_view->setItemDelegateForColumn(CheckModel::VerdictColumn,
        new RankDelegate(RankDelegate::Scale::Verdict, CheckModel::VerdictRole, m_view));
    new EmptyHint(
        i18n("Connect to a source: what could go wrong is checked before anything is changed."), m_view);

    m_splitter->addWidget(m_view);
    m_splitter->addWidget(makeDetails());
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setSizes({ 3000, 2000 });
    QVBoxLayout* layout = layOutPanel(this, m_top, m_summary);
    layout->addWidget(m_splitter, 1);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateDetails();
        updateActions();
    });
    connect(m_session, &SessionModel::checksChanged, this, &PreflightPanel::takeChecks);
    connect(m_session, &SessionModel::stateChanged, this, &PreflightPanel::updateActions);
    takeChecks();
}

void PreflightPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

QWidget* PreflightPanel::makeDetails()
{
    auto* area = new QScrollArea(this);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    m_details = new QWidget(area);
    m_title = textLabel(m_details, i18n("Chosen check"));
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_evidence = textLabel(m_details, i18n("Evidence of the chosen check"));
    m_remedy = textLabel(m_details, i18n("Remedy of the chosen check"));
    m_effect = textLabel(m_details, i18n("What the remedy does"));
    m_fixButton = new ActionButton(m_details);
    m_fixButton->setObjectName(QStringLiteral("fixButton"));
    m_done = textLabel(m_details, i18n("What was changed"));
    m_undoButton = new ActionButton(m_details);
    m_undoButton->setObjectName(QStringLiteral("undoFixButton"));
    auto* column = new QVBoxLayout(m_details);
    column->setContentsMargins(8, 2, 4, 2);
    column->setSpacing(4);
    for (QWidget* widget : std::initializer_list<QWidget*>{ m_title, m_evidence, m_remedy })
        column->addWidget(widget);
    column->addWidget(m_fixButton, 0, Qt::AlignLeft);
    column->addWidget(m_effect);
    column->addWidget(m_done);
    column->addWidget(m_undoButton, 0, Qt::AlignLeft);
    column->addStretch(1);
    area->setWidget(m_details);
    return area;
}

void PreflightPanel::addActions(Actions& actions)
{
    const QString group = i18n("Session");
    const auto add = [&](const char* id, const QString& text, const char* icon, Qt::Key key) {
        return actions.add(group, QString::fromLatin1(id), text, QString::fromLatin1(icon),
            QKeySequence(Qt::CTRL | Qt::Key_K, key), this);
    };
    m_fix = add("preflight_fix", i18n("Carry Out the Remedy"), "tools-wizard", Qt::Key_F);
    connect(m_fix, &QAction::triggered, this, [this] {
        if (const op::Check* check = chosen(); check && check->fix)
            report(m_session->fix(check->id, *check->fix));
    });
    m_undo = add("preflight_undo", i18n("Undo the Remedy"), "edit-undo", Qt::Key_U);
    connect(m_undo, &QAction::triggered, this, [this] {
        if (const auto done = undoable())
            report(m_session->undoFix(*done));
    });
    m_problems = add("preflight_problems", i18n("Only Problems"), "view-filter", Qt::Key_O);
    m_problems->setCheckable(true);
    m_problems->setToolTip(i18n("Leave out the checks that have passed"));
    connect(m_problems, &QAction::toggled, this, [this](bool only) {
        m_filter.setProblemsOnly(only);
        if (!m_view->currentIndex().isValid())
            m_view->setCurrentIndex(m_filter.index(0, 0));
        updateDetails();
    });
    m_copy = add("preflight_copy", i18n("Copy the Preflight"), "edit-copy", Qt::Key_P);
    connect(m_copy, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(asText()); });
    m_top->layout()->addWidget(textButton(m_problems, i18n("Only Problems"), m_top));
    m_top->layout()->addWidget(textButton(m_copy, i18n("Copy"), m_top));
    m_fixButton->setAction(m_fix);
    m_undoButton->setAction(m_undo);
    updateDetails();
    updateActions();
}

const op::Check* PreflightPanel::chosen() const
{
    const QModelIndex index = m_filter.mapToSource(m_view->currentIndex());
    return index.isValid() ? &m_model.checks()[static_cast<std::size_t>(index.row())] : nullptr;
}

std::optional<op::DoneFix> PreflightPanel::undoable() const
{
    const std::vector<op::DoneFix> all = m_session->fixes();
    if (all.empty())
        return std::nullopt;
    const op::Check* check = chosen();
    for (const op::DoneFix& done : all | std::views::reverse) {
        if (check && done.checkId == check->id)
            return done;
    }
    return all.back();
}

void PreflightPanel::takeChecks()
{
    const op::Check* before = chosen();
    const QString id = before ? before->id : QString();
    m_model.setChecks(m_session->checks());
    const auto& checks = m_model.checks();
    // What is worst is shown, unless the operator reads another one that is still bad.
    auto row = std::ranges::find(checks, id, &op::Check::id);
    const bool keep = row != checks.end() && !id.isEmpty()
        && (row->verdict == Verdict::Refuse || checks.front().verdict != Verdict::Refuse);
    if (!keep)
        row = checks.begin();
    if (!checks.empty()) {
        const int place = static_cast<int>(row - checks.begin());
        QModelIndex index = m_filter.mapFromSource(m_model.index(place, 0));
        if (!index.isValid())
            index = m_filter.index(0, 0);
        m_view->setCurrentIndex(index);
    }
    m_summary->setText(m_model.summary());
    updateDetails();
    updateActions();
}

void PreflightPanel::updateDetails()
{
    const op::Check* check = chosen();
    m_details->setVisible(check);
    if (check) {
        m_title->setText(verdictSign(check->verdict) + u' ' + check->title);
        m_evidence->setText(check->evidence);
        m_evidence->setVisible(!check->evidence.isEmpty());
        m_remedy->setText(check->remedy);
        m_remedy->setVisible(!check->remedy.isEmpty());
    }
    const bool fixable = check && check->fix && m_fix;
    m_fixButton->setVisible(fixable);
    m_effect->setVisible(fixable);
    if (fixable)
        m_effect->setText(op::fixSentence(*check->fix));
    const auto done = undoable();
    m_done->setVisible(done.has_value());
    m_undoButton->setVisible(done.has_value() && m_undo);
    if (done)
        m_done->setText(i18nc("what was done", "Carried out: %1.", op::fixLabel(done->fix)));
    QPalette faint = palette();
    faint.setColor(QPalette::WindowText, Colours::of(palette()).faint);
    m_effect->setPalette(faint);
}

void PreflightPanel::updateActions()
{
    if (!m_fix)
        return;
    const op::Check* check = chosen();
    const bool fixable = check && check->fix;
    m_fix->setText(fixable ? op::fixLabel(*check->fix) : i18n("Carry Out the Remedy"));
    const Result<void> nothing = failure(ErrorCode::NotFound, i18n("carry out the remedy"), {},
        i18n("the chosen check has none that can be carried out here"));
    allow(m_fix, fixable ? m_session->canFix() : nothing, fixable ? op::fixSentence(*check->fix) : QString());
    const auto done = undoable();
    m_undo->setText(
        done ? i18nc("what was done", "Undo: %1", op::fixLabel(done->fix)) : i18n("Undo the Remedy"));
    allow(m_undo,
        done ? m_session->canFix()
             : failure(ErrorCode::NotFound, i18n("undo"), {}, i18n("nothing was changed")),
        i18n("Sets it back as it was, and checks again"));
    allow(m_copy,
        m_model.checks().empty()
            ? failure(ErrorCode::NotFound, i18n("copy the preflight"), {}, i18n("nothing was checked yet"))
            : Result<void>(),
        i18n("Put all checks on the clipboard"));
}

void PreflightPanel::report(const Result<void>& result)
{
    if (!result)
        Q_EMIT m_session->failed(result.error());
}

QString PreflightPanel::asText() const
{
    QString text;
    for (const op::Check& check : m_model.checks()) {
        text += verdictTitle(check.verdict) + u'\t' + check.title + QStringLiteral(" (") + check.id
            + QStringLiteral(")\n");
        if (!check.evidence.isEmpty())
            text += u'\t' + check.evidence + u'\n';
        if (!check.remedy.isEmpty())
            text += u'\t' + i18nc("what to do", "Remedy: %1", check.remedy) + u'\n';
    }
    return text;
}

void PreflightPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_splitter->setOrientation(width() > height() * 3 / 2 ? Qt::Horizontal : Qt::Vertical);
}

void PreflightPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateDetails();
}

} // namespace cutover::ui
