// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "log/logactions.h"

#include "actions.h"
#include "log/logfilterbar.h"
#include "log/logmodel.h"
#include "log/logpanel.h"
#include "log/logview.h"

#include <KLocalizedString>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLineEdit>

#include <algorithm>

namespace cutover::ui {

LogActions::LogActions(const QList<LogPanel*>& panels, QObject* parent)
    : QObject(parent)
    , m_panels(panels)
    , m_current(panels.first())
{
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, const QWidget* now) {
        const auto used = std::ranges::find_if(m_panels,
            [now](const LogPanel* panel) { return now && panel->parentWidget()->isAncestorOf(now); });
        if (used != m_panels.end())
            use(*used);
    });
    for (LogPanel* panel : panels) {
        connect(panel, &LogPanel::eventSelected, this, [this, panel](std::size_t event) {
            use(panel);
            m_event = event;
            Q_EMIT eventSelected(event);
            update();
        });
        connect(panel, &LogPanel::chosenChanged, this, &LogActions::update);
        connect(panel->view(), &LogView::followingChanged, this, &LogActions::update);
    }
}

void LogActions::addActions(Actions& actions)
{
    const QString group = i18n("Log");
    const auto add
        = [&](const char* id, const QString& text, const char* icon, const QKeySequence& keys, auto slot) {
              QAction* action
                  = actions.add(group, QString::fromLatin1(id), text, QString::fromLatin1(icon), keys, this);
              connect(action, &QAction::triggered, this, slot);
              return action;
          };
    QAction* find = add(
        "log_find", i18n("Filter the Log"), "view-filter", Qt::CTRL | Qt::Key_F, [this] { this->find(); });
    find->setToolTip(i18n("Goes to the text that the shown lines contain"));
    m_partner = add("log_partner", i18n("Go to the Reply or the Command"), "go-jump", Qt::CTRL | Qt::Key_J,
        [this] { current()->goToPartner(); });
    m_copy = add("log_copy", i18n("Copy the Line as It Was"), "edit-copy", Qt::CTRL | Qt::SHIFT | Qt::Key_C,
        [this] { QApplication::clipboard()->setText(current()->copyText(false)); });
    m_copyReadable = add("log_copy_readable", i18n("Copy the Line Readable"), "edit-copy",
        Qt::CTRL | Qt::ALT | Qt::Key_C,
        [this] { QApplication::clipboard()->setText(current()->copyText(true)); });
    m_timeline = add(
        "log_timeline", i18n("Show the Line on the Timeline"), "", Qt::CTRL | Qt::SHIFT | Qt::Key_T, [this] {
            Q_EMIT eventSelected(current()->model()->eventNumber(current()->chosenRow()));
            Q_EMIT timelineWanted();
        });
    m_show = add("log_show", i18n("Show the Chosen Event in Its Log"), "", Qt::CTRL | Qt::SHIFT | Qt::Key_L,
        [this] { showEvent(); });
    m_follow = add("log_follow", i18n("Follow the Newest Line"), "media-seek-forward",
        Qt::CTRL | Qt::SHIFT | Qt::Key_End, [this](bool on) { current()->view()->setFollowing(on); });
    m_follow->setCheckable(true);
    m_follow->setToolTip(i18n("Keeps the newest line in view until you scroll away"));
    for (LogPanel* panel : std::as_const(m_panels))
        panel->view()->addActions({ m_partner, m_copy, m_copyReadable, m_timeline, m_follow });
    update();
}

void LogActions::use(LogPanel* panel)
{
    if (panel == m_current)
        return;
    m_current = panel;
    update();
}

void LogActions::selectEvent(std::optional<std::size_t> event)
{
    m_event = event;
    for (LogPanel* panel : std::as_const(m_panels))
        panel->selectEvent(event);
    update();
}

void LogActions::update()
{
    if (!m_follow)
        return;
    LogModel* model = current()->model();
    const int row = current()->chosenRow();
    const Result<void> chosen = row >= 0
        ? Result<void>()
        : failure(ErrorCode::Refused, i18n("use a line of the log"), {}, i18n("no line is chosen"));
    const Result<void> joined = !chosen ? chosen
        : model->partner(row) >= 0      ? Result<void>()
                                   : failure(ErrorCode::NotFound, i18n("go to the reply or the command"), {},
                                         i18n("the chosen line has none"));
    const bool inLog = m_event && std::ranges::any_of(m_panels, [this](LogPanel* panel) {
        return panel->model()->rowOf(*m_event) >= 0;
    });
    allow(m_partner, joined, i18n("From a command to its reply, and back"));
    allow(m_copy, chosen, i18n("The bytes of the chosen line"));
    allow(m_copyReadable, chosen, i18n("The chosen line with line breaks and indentation"));
    allow(m_timeline, chosen, i18n("Goes to the timeline, where the chosen line is marked"));
    allow(m_show,
        inLog ? Result<void>()
              : failure(ErrorCode::Refused, i18n("show the event in its log"), {},
                    m_event ? i18n("it is neither a QMP message nor a trace line")
                            : i18n("no event is chosen")),
        i18n("Goes from the timeline to the line in the QMP or trace log"));
    m_follow->setChecked(current()->view()->isFollowing());
}

void LogActions::find()
{
    Q_EMIT wanted(current());
    current()->bar()->edit()->setFocus(Qt::ShortcutFocusReason);
    current()->bar()->edit()->selectAll();
}

void LogActions::showEvent()
{
    for (LogPanel* panel : std::as_const(m_panels)) {
        if (panel->model()->rowOf(*m_event) < 0)
            continue;
        Q_EMIT wanted(panel);
        panel->revealEvent(*m_event);
        panel->view()->setFocus(Qt::ShortcutFocusReason);
        return;
    }
}

} // namespace cutover::ui
