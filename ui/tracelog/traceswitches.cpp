// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tracelog/traceswitches.h"

#include "format.h"
#include "nextstep.h"
#include "sessionmodel.h"
#include "widgets/emptyhint.h"
#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>

#include <QComboBox>
#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

static std::size_t indexOf(Side side)
{
    return side == Side::Destination ? 1 : 0;
}

TraceSwitches::TraceSwitches(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_states(session->record())
    , m_side(new QComboBox(this))
    , m_state(new QLabel(this))
    , m_problem(new KMessageWidget(this))
    , m_filter(new QLineEdit(this))
    , m_view(new QListView(this))
    , m_ask(new QPushButton(i18n("Ask Again"), this))
    , m_on(new QPushButton(i18n("Switch On"), this))
    , m_off(new QPushButton(i18n("Switch Off"), this))
{
    nameMessageParts(m_problem);
    m_side->addItem(i18n("Source"), static_cast<int>(Side::Source));
    m_side->addItem(i18n("Destination"), static_cast<int>(Side::Destination));
    m_side->setAccessibleName(i18n("Side whose trace events are switched"));
    m_side->setObjectName(QStringLiteral("traceSide"));
    m_state->setWordWrap(true);
    m_state->setAccessibleName(i18n("Whether trace events are on"));
    m_state->setObjectName(QStringLiteral("traceState"));
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setMessageType(KMessageWidget::Error);
    m_problem->setAccessibleName(i18n("Why it was not switched"));
    for (QToolButton* button : m_problem->findChildren<QToolButton*>())
        button->setAccessibleName(i18n("Close this message"));
    for (QLabel* label : m_problem->findChildren<QLabel*>())
        label->setAccessibleName(i18n("Text of the message"));
    m_problem->hide();
    m_filter->setPlaceholderText(i18n("Events, such as cpr_ or vmstate_*save"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(i18n("Filter of the trace events"));
    m_filter->setObjectName(QStringLiteral("traceFilter"));
    m_shown.setSourceModel(&m_model);
    m_view->setModel(&m_shown);
    m_view->setUniformItemSizes(true);
    m_view->setMinimumHeight(fontMetrics().height() * 2);
    m_view->setAccessibleName(i18n("Trace events"));
    m_view->setObjectName(QStringLiteral("traceEvents"));
    new EmptyHint(i18n("The VMM's trace events appear here once it has been asked for them."), m_view);
    m_ask->setObjectName(QStringLiteral("traceAsk"));
    m_on->setObjectName(QStringLiteral("traceOn"));
    m_off->setObjectName(QStringLiteral("traceOff"));

    auto* top = new QHBoxLayout;
    top->addWidget(m_side);
    top->addWidget(m_filter, 1);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_on);
    bottom->addWidget(m_off);
    bottom->addStretch();
    bottom->addWidget(m_ask);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_state);
    layout->addWidget(m_problem);
    layout->addWidget(m_view, 1);
    layout->addLayout(bottom);

    connect(m_side, &QComboBox::currentIndexChanged, this, [this] {
        m_problem->hide();
        refresh();
        if (isVisible() && !m_states.known(side()).complete)
            ask();
    });
    connect(m_filter, &QLineEdit::textChanged, this, &TraceSwitches::refresh);
    connect(m_ask, &QPushButton::clicked, this, &TraceSwitches::ask);
    connect(m_on, &QPushButton::clicked, this, [this] { switchShown(true); });
    connect(m_off, &QPushButton::clicked, this, [this] { switchShown(false); });
    connect(&m_model, &TraceEventModel::switchRequested, this, [this](const QString& event, bool on) {
        send(QStringLiteral("trace-event-set-state"),
            { { QStringLiteral("name"), event }, { QStringLiteral("enable"), on } });
    });
    connect(&m_states, &TraceStates::changed, this, [this](Side changed) {
        const QString& refusal = m_states.known(changed).refusal;
        if (changed == side() && !refusal.isEmpty()) {
            m_problem->setText(i18n("The VMM refused: %1", refusal));
            m_problem->setVisible(true);
        }
        refresh();
    });
    connect(session, &SessionModel::endpointsChanged, this, &TraceSwitches::refresh);
    connect(session, &SessionModel::stateChanged, this, &TraceSwitches::refresh);
    refresh();
}

Side TraceSwitches::side() const
{
    return static_cast<Side>(m_side->currentData().toInt());
}

Result<void> TraceSwitches::canSwitch() const
{
    const QString attempt = i18n("switch trace events");
    if (!m_session->endpoint(side()).connected)
        return failure(ErrorCode::Disconnected, attempt, {},
            side() == Side::Source ? i18n("the source is not connected")
                                   : i18n("the destination is not connected"));
    if (isUnderWay(m_session->state()))
        return failure(
            ErrorCode::Busy, attempt, {}, i18n("a migration is under way, which this would slow down"));
    return {};
}

/// What the VMM takes for the events that are shown.
QString TraceSwitches::pattern() const
{
    const QString typed = m_filter->text().trimmed();
    return typed.contains(u'*') || typed.contains(u'?') ? typed : QString(u'*' + typed + u'*');
}

void TraceSwitches::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!m_asked[indexOf(side())] && !m_states.known(side()).complete && canSwitch())
        ask();
}

void TraceSwitches::ask()
{
    if (!canSwitch())
        return;
    m_asked[indexOf(side())] = true;
    send(QStringLiteral("trace-event-get-state"), { { QStringLiteral("name"), QStringLiteral("*") } });
}

void TraceSwitches::switchShown(bool on)
{
    send(QStringLiteral("trace-event-set-state"),
        { { QStringLiteral("name"), pattern() }, { QStringLiteral("enable"), on },
            { QStringLiteral("ignore-unavailable"), true } });
}

void TraceSwitches::send(const QString& command, const QJsonObject& arguments)
{
    m_problem->hide();
    const auto sent = m_session->sendCommand(
        side(), { { QStringLiteral("execute"), command }, { QStringLiteral("arguments"), arguments } });
    if (sent)
        return;
    m_problem->setText(sent.error().message());
    m_problem->setVisible(true);
}

QString TraceSwitches::stateText() const
{
    const TraceStates::Known& known = m_states.known(side());
    const op::EndpointStatus status = m_session->endpoint(side());
    QStringList parts;
    const auto on = std::ranges::count(known.events, true);
    if (known.complete)
        parts.append(i18n("%1 of %2 events are on.", on, known.events.size()));
    else if (on > 0)
        parts.append(i18np("%1 event was switched on by this console.",
            "%1 events were switched on by this console.", static_cast<int>(on)));
    else
        parts.append(i18n("The VMM has not been asked which events are on."));
    if (const auto allowed = canSwitch(); !allowed)
        parts.append(i18nc("a reason", "They cannot be switched now: %1.", allowed.error().cause));
    else if (status.logPath.isEmpty())
        parts.append(
            i18n("Its lines do not appear here: it was started without “-D FILE -msg timestamp=on”."));
    else
        parts.append(i18n("Its log is %1.", status.logPath));
    return parts.join(u' ');
}

QString TraceSwitches::summary() const
{
    QStringList parts;
    for (const Side each : { Side::Source, Side::Destination }) {
        const TraceStates::Known& known = m_states.known(each);
        const bool connected = m_session->endpoint(each).connected;
        const auto on = static_cast<int>(std::ranges::count(known.events, true));
        const QString text = known.complete || on > 0 ? i18np("%1 event on", "%1 events on", on)
            : connected                               ? i18n("events not asked for")
                                                      : i18n("not connected");
        parts.append(i18nc("side, how many trace events are on", "%1: %2", sideTitle(each), text));
    }
    return parts.join(QStringLiteral(" · "));
}

void TraceSwitches::refresh()
{
    const TraceStates::Known& known = m_states.known(side());
    m_model.setEvents(known.events);
    const auto allowed = canSwitch();
    m_model.setEditable(allowed.has_value());
    m_shown.setFilterRegularExpression(QRegularExpression::fromWildcard(
        pattern(), Qt::CaseInsensitive, QRegularExpression::NonPathWildcardConversion));
    m_state->setText(stateText());
    m_state->setToolTip(m_state->text());
    const bool all = m_filter->text().trimmed().isEmpty();
    const QString reason = allowed ? QString() : allowed.error().message();
    m_ask->setEnabled(allowed.has_value());
    m_ask->setToolTip(allowed ? i18n("Asks the VMM which of its events are on") : reason);
    m_on->setEnabled(allowed && !all);
    m_on->setToolTip(!allowed ? reason
            : all ? i18n("Filter the events first: with all of them on, a VMM is busy with nothing else")
                  : i18n("Switches on every event that is shown"));
    m_off->setEnabled(allowed.has_value());
    m_off->setToolTip(allowed ? i18n("Switches off every event that is shown") : reason);
    Q_EMIT summaryChanged();
}

} // namespace cutover::ui
