// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tracelog/tracepanel.h"

#include "actions.h"
#include "log/logpanel.h"
#include "log/logview.h"
#include "sessionmodel.h"
#include "tracelog/traceswitches.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

TracePanel::TracePanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_model(session->record())
    , m_log(new LogPanel(&m_model, LogDelegate::Text::Plain,
          { .name = i18n("Trace lines"),
              .empty
              = i18n("The lines of both VMMs' trace logs appear here once tracing is on; with a filter, "
                     "those that fit it."),
              .filterHint = i18n("Filter, such as cpr_ or ram0"),
              .detailsHint = i18n("Choose a line to read its values."),
              .count = [](int count) { return i18np("%1 line", "%1 lines", count); } },
          this))
    , m_switches(new TraceSwitches(session, this))
    , m_summary(new KSqueezedTextLabel(this))
    , m_button(new QToolButton(this))
    , m_events(new QAction(i18n("Switch Trace Events"), this))
{
    m_log->view()->setObjectName(QStringLiteral("traceLines"));
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("Which trace events are on"));
    m_events->setObjectName(QStringLiteral("trace_events"));
    m_events->setCheckable(true);
    m_events->setToolTip(i18n("Shows which events the VMMs trace, and switches them while they run"));
    m_button->setDefaultAction(m_events);
    m_button->setText(i18n("Events…"));
    m_button->setAccessibleName(i18n("Switch trace events"));
    m_switches->hide();

    auto* top = new QHBoxLayout;
    top->addWidget(m_summary, 1);
    top->addWidget(m_button);
    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    split->addWidget(m_log);
    split->addWidget(m_switches);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(split, 1);

    connect(m_events, &QAction::toggled, m_switches, &QWidget::setVisible);
    connect(m_events, &QAction::triggered, this, [this](bool on) {
        if (!on)
            return;
        Q_EMIT wanted(this);
        m_switches->edit()->setFocus(Qt::ShortcutFocusReason);
    });
    connect(m_switches, &TraceSwitches::summaryChanged, this,
        [this] { m_summary->setText(m_switches->summary()); });
    m_summary->setText(m_switches->summary());
}

void TracePanel::addActions(Actions& actions)
{
    m_events->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_E);
    actions.add(i18n("Log"), m_events);
}

void TracePanel::focusInEvent(QFocusEvent* event)
{
    m_log->view()->setFocus(event->reason());
}

} // namespace cutover::ui
