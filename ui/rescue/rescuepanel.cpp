// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "rescue/rescuepanel.h"

#include "actions.h"
#include "rescue/rescueview.h"
#include "sessionmodel.h"
#include "widgets/styles.h"

#include <KLocalizedString>

#include <QAction>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

/// The sentence and the first step are seen in any window.
static constexpr int leastLines = 10;

RescuePanel::RescuePanel(SessionModel* session, QWidget* parent)
    : QScrollArea(parent)
    , m_session(session)
    , m_content(new QWidget(this))
    , m_sentence(textLabel(m_content, i18n("Where the guest is")))
    , m_pair(textLabel(m_content, i18n("Unfinished migration")))
    , m_source(textLabel(m_content, i18n("What was seen of the source")))
    , m_destination(textLabel(m_content, i18n("What was seen of the destination")))
    , m_trouble(textLabel(m_content, i18n("What went wrong")))
    , m_steps(new QGridLayout)
{
    setObjectName(QStringLiteral("rescuePanel"));
    setFrameShape(QFrame::StyledPanel);
    setAccessibleName(i18n("Rescue"));
    setWidget(m_content);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    QFont large = font();
    large.setBold(true);
    m_sentence->setFont(large);
    m_sentence->setObjectName(QStringLiteral("rescueSentence"));
    m_pair->setForegroundRole(QPalette::PlaceholderText);
    auto* icon = new QLabel(m_content);
    const int size = style()->pixelMetric(QStyle::PM_LargeIconSize, nullptr, this);
    icon->setPixmap(QIcon::fromTheme(QStringLiteral("dialog-warning")).pixmap(size));
    icon->setAccessibleName(i18n("Warning"));

    auto* head = new QVBoxLayout;
    head->addWidget(m_sentence);
    head->addWidget(m_pair);
    auto* top = new QHBoxLayout;
    top->addWidget(icon, 0, Qt::AlignTop);
    top->addLayout(head, 1);
    auto* seen = new QFormLayout;
    seen->addRow(i18n("Source:"), m_source);
    seen->addRow(i18n("Destination:"), m_destination);
    m_steps->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(m_content);
    layout->addLayout(top);
    layout->addLayout(seen);
    layout->addLayout(m_steps);
    layout->addWidget(m_trouble);
    connect(session, &SessionModel::rescueChanged, this, &RescuePanel::update);
    hide();
}

void RescuePanel::addActions(Actions& actions)
{
    const QString group = i18n("Session");
    const auto add = [&](const char* id, const QString& text, const char* icon, Qt::Key key) {
        return actions.add(group, QString::fromLatin1(id), text, QString::fromLatin1(icon),
            QKeySequence(Qt::CTRL | Qt::ALT | key), this);
    };
    int line = 0;
    const auto addStep
        = [&](op::RescueKind kind, const char* id, const QString& text, const char* icon, Qt::Key key) {
              QAction* action = add(id, text, icon, key);
              connect(action, &QAction::triggered, this, [this, kind] { perform(kind); });
              auto* button = new QToolButton(m_content);
              button->setDefaultAction(action);
              button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
              button->setSizePolicy(QSizePolicy::MinimumExpanding, QSizePolicy::Fixed);
              button->setFocusPolicy(Qt::StrongFocus);
              button->setAccessibleName(text);
              auto* why = textLabel(m_content, i18nc("a step", "Proof and cost of: %1", text));
              m_steps->addWidget(button, line, 0, Qt::AlignTop);
              m_steps->addWidget(why, line++, 1);
              m_rows[kind] = { .action = action, .button = button, .text = why };
          };
    addStep(op::RescueKind::StartDestination, "rescue_start_destination",
        i18n("Start the Guest on the Destination"), "media-playback-start", Qt::Key_1);
    addStep(op::RescueKind::ResumeSource, "rescue_resume_source", i18n("Continue on the Source"), "edit-undo",
        Qt::Key_2);
    addStep(op::RescueKind::FinishUp, "rescue_finish_up", i18n("Finish: End the Source"), "dialog-ok-apply",
        Qt::Key_3);
    addStep(op::RescueKind::CleanUp, "rescue_clean_up", i18n("Clean Up After the Attempt"), "edit-clear",
        Qt::Key_4);
    m_look = add("rescue_look", i18n("Rescue: Look Again"), "view-refresh", Qt::Key_5);
    connect(m_look, &QAction::triggered, m_session, &SessionModel::lookForRescue);
    m_next = add("rescue_next_pair", i18n("Rescue: Next Unfinished Migration"), "go-next", Qt::Key_6);
    connect(m_next, &QAction::triggered, this, &RescuePanel::nextPair);
    auto* row = new QHBoxLayout;
    for (QAction* action : { m_look, m_next }) {
        auto* button = new QToolButton(m_content);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAccessibleName(action->text());
        row->addWidget(button);
    }
    row->addStretch(1);
    static_cast<QVBoxLayout*>(m_content->layout())->addLayout(row);
    update();
}

void RescuePanel::goToSteps()
{
    for (const auto& [kind, row] : m_rows) {
        if (row.button->isVisible() && row.button->isEnabled()) {
            row.button->setFocus(Qt::ShortcutFocusReason);
            return;
        }
    }
}

void RescuePanel::perform(op::RescueKind kind)
{
    if (const auto begun = m_session->rescue(kind); !begun) {
        m_trouble->setText(begun.error().message());
        m_trouble->show();
    }
}

void RescuePanel::nextPair()
{
    const QList<op::PairJournal> pairs = m_session->leftPairs();
    if (pairs.isEmpty())
        return;
    const RescueView* view = m_session->rescueView();
    const QString folder = view ? view->evidence.journal.folder : QString();
    const auto present = std::ranges::find(pairs, folder, &op::PairJournal::folder);
    const auto next
        = present == pairs.end() || std::next(present) == pairs.end() ? pairs.begin() : std::next(present);
    if (const auto attached = m_session->attachPair(next->folder); !attached) {
        m_trouble->setText(attached.error().message());
        m_trouble->show();
    }
}

void RescuePanel::update()
{
    const RescueView* view = m_session->rescueView();
    setVisible(view);
    const Result<void> none
        = failure(ErrorCode::Refused, i18n("rescue"), {}, i18n("no migration was left unfinished"));
    if (m_look)
        allow(m_look, view && !view->isBusy ? Result<void>() : none, i18n("Asks both sides again"));
    if (m_next)
        allow(m_next, m_session->leftPairs().isEmpty() ? none : Result<void>(),
            i18n("Shows a migration whose console has ended before it did"));
    for (auto& [kind, row] : m_rows)
        updateRow(kind, row);
    if (!view)
        return;
    m_sentence->setText(view->isBusy ? view->isAssessed ? i18n("Working…") : i18n("Asking both sides…")
            : view->isAssessed ? view->assessment.sentence
                                     : i18n("It is not known yet where the guest is."));
    m_pair->setText(pairTitle(view->evidence.journal));
    m_source->setText(evidenceText(Side::Source, view->evidence));
    m_destination->setText(evidenceText(Side::Destination, view->evidence));
    m_trouble->setVisible(view->failure.has_value());
    if (view->failure)
        m_trouble->setText(view->failure->sentence() + u'\n' + view->failure->error.remedy);
    makeRoom();
}

void RescuePanel::resizeEvent(QResizeEvent* event)
{
    QScrollArea::resizeEvent(event);
    makeRoom();
}

QSize RescuePanel::sizeHint() const
{
    return m_content->minimumSizeHint() + QSize(2 * frameWidth(), 2 * frameWidth());
}

QSize RescuePanel::minimumSizeHint() const
{
    const QSize whole = sizeHint();
    return { whole.width() + style()->pixelMetric(QStyle::PM_ScrollBarExtent, nullptr, this),
        std::min(whole.height(), fontMetrics().lineSpacing() * leastLines) };
}

void RescuePanel::makeRoom()
{
    // The widths are known once the layout has placed the texts.
    m_content->layout()->activate();
    for (QLabel* label : m_content->findChildren<QLabel*>()) {
        if (label->wordWrap())
            label->setMinimumHeight(qMax(0, label->heightForWidth(label->width())));
    }
    updateGeometry();
}

void RescuePanel::updateRow(op::RescueKind kind, Row& row)
{
    const RescueView* view = m_session->rescueView();
    const op::RescueOption* option = view && view->isAssessed ? view->assessment.option(kind) : nullptr;
    row.button->setVisible(option);
    row.text->setVisible(option);
    const auto refused
        = [](const QString& cause) { return failure(ErrorCode::Refused, i18n("rescue"), {}, cause); };
    if (!option) {
        allow(row.action, refused(i18n("that is not what this guest needs")), {});
        return;
    }
    const QString cost = costText(kind, view->evidence);
    allow(row.action,
        view->isBusy          ? Result<void>(refused(i18n("the last step has not ended")))
            : option->allowed ? Result<void>()
                              : Result<void>(refused(option->proof)),
        cost);
    QString text = option->allowed ? i18nc("proof, cost", "%1 %2", option->proof, cost)
                                   : i18nc("reason", "Not safe: %1", option->proof);
    if (option->allowed && option->recommended)
        text = i18nc("proof and cost", "Recommended. %1", text);
    row.text->setText(text);
    row.button->setAccessibleDescription(text);
}

} // namespace cutover::ui
