// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/endpointcard.h"

#include "actions.h"
#include "base/clock.h"
#include "colours.h"
#include "format.h"

#include <KFormat>
#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

static const QString separator = QStringLiteral(" · ");
static constexpr qint64 nsPerSecond = 1'000'000'000;

static StateRank rankOf(const op::EndpointStatus& status)
{
    static const QStringList bad{ QStringLiteral("internal-error"), QStringLiteral("io-error"),
        QStringLiteral("guest-panicked"), QStringLiteral("shutdown"), QStringLiteral("watchdog") };
    if (status.gone)
        return StateRank::Stands;
    if (bad.contains(status.runState) || status.migrationStatus == u"failed")
        return StateRank::Bad;
    if (status.runState == u"running")
        return StateRank::Runs;
    if (status.waitingForSource || status.runState == u"inmigrate" || status.runState == u"precreate")
        return StateRank::Waits;
    return status.runState.isEmpty() ? StateRank::None : StateRank::Stands;
}

QString stateSign(StateRank rank)
{
    switch (rank) {
    case StateRank::None:
        return QStringLiteral("○");
    case StateRank::Runs:
        return QStringLiteral("●");
    case StateRank::Stands:
        return QStringLiteral("■");
    case StateRank::Waits:
        return QStringLiteral("◔");
    case StateRank::Bad:
        return QStringLiteral("✕");
    }
    return {};
}

static QString stateText(Side side, const op::EndpointStatus& status, bool begun)
{
    if (status.gone)
        return i18n("ended");
    if (status.waitingForSource)
        return i18n("waiting for the source (expected)");
    if (status.runState.isEmpty() && status.migrationStatus.isEmpty()) {
        if (status.connected || status.pid > 0)
            return i18n("connected, not asked yet");
        if (side == Side::Destination)
            return begun ? i18n("not connected before Migrate") : i18n("none yet");
        return begun ? i18n("not connected") : i18n("none yet: connect to a running VMM");
    }
    QStringList parts;
    if (!status.runState.isEmpty())
        parts.append(i18n("run state %1", status.runState));
    if (!status.migrationStatus.isEmpty())
        parts.append(i18n("migration %1", status.migrationStatus));
    return parts.join(separator);
}

/// Without the distribution's own version, which is long: up to the first word after the number.
static QString shortVersion(const QString& version)
{
    static const QRegularExpression number(QStringLiteral("^.*?\\d+(\\.\\d+)*"));
    const QRegularExpressionMatch match = number.match(version);
    return match.hasMatch() ? match.captured() : version;
}

/// The unit that is read anyway: seconds within the first minute, then minutes, after a day hours.
static qint64 uptimeStep(qint64 seconds)
{
    return seconds < 60 ? 1 : seconds < 24 * 3600 ? 60 : 3600;
}

static QString uptimeText(qint64 ns)
{
    const qint64 seconds = ns / nsPerSecond;
    const qint64 step = uptimeStep(seconds);
    return KFormat().formatSpelloutDuration(static_cast<quint64>(seconds / step * step * 1000));
}

EndpointText endpointText(Side side, const op::EndpointStatus& status, bool begun, qint64 nowNs)
{
    QStringList details;
    if (status.pid > 0)
        details.append(i18n("pid %1", QString::number(status.pid)));
    if (!status.version.isEmpty())
        details.append(shortVersion(status.version));
    if (status.ramBytes > 0)
        details.append(i18n("%1 RAM", bytesText(status.ramBytes)));
    if (status.processStartNs > 0 && nowNs > status.processStartNs && !status.gone)
        details.append(i18n("up %1", uptimeText(nowNs - status.processStartNs)));

    QString connection;
    if (!status.qmpPath.isEmpty() && (status.pid > 0 || status.connected))
        connection = status.gone      ? i18nc("path of a socket", "QMP %1, closed", status.qmpPath)
            : status.connected        ? i18nc("path of a socket", "QMP connected: %1", status.qmpPath)
            : status.waitingForSource ? i18nc("path of a socket", "QMP not yet: %1", status.qmpPath)
                                      : i18nc("path of a socket", "QMP not connected: %1", status.qmpPath);
    else if (!status.qmpPath.isEmpty())
        connection = i18nc("path of a socket", "QMP %1", status.qmpPath);
    return { .title = status.name,
        .state = stateText(side, status, begun),
        .details = details.join(separator),
        .connection = connection,
        .rank = rankOf(status) };
}

/// Elided where the card is narrow; its tooltip then has all of it.
static KSqueezedTextLabel* line(QWidget* parent, const QString& name, Qt::TextElideMode elide)
{
    auto* label = new KSqueezedTextLabel(parent);
    label->setTextElideMode(elide);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setAccessibleName(name);
    return label;
}

EndpointCard::EndpointCard(Side side, QWidget* parent)
    : Card(Edge::Left, parent)
    , m_side(side)
    , m_heading(new QLabel(sideTitle(side), this))
    , m_title(line(this, i18nc("source or destination", "%1: who it is", sideTitle(side)), Qt::ElideMiddle))
    , m_copy(new QToolButton(this))
    , m_state(new QLabel(this))
    , m_details(line(this, i18nc("source or destination", "%1: details", sideTitle(side)), Qt::ElideRight))
    , m_connection(
          line(this, i18nc("source or destination", "%1: connection", sideTitle(side)), Qt::ElideMiddle))
{
    setObjectName(side == Side::Source ? QStringLiteral("sourceCard") : QStringLiteral("destinationCard"));
    setAccessibleName(sideTitle(side));
    QFont bold = font();
    bold.setBold(true);
    m_heading->setFont(bold);
    m_title->setFont(bold);
    // What a VMM does must always be read in full.
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state->setAccessibleName(i18nc("source or destination", "%1: its state", sideTitle(side)));
    m_copy->setIcon(QIcon::fromTheme(QStringLiteral("edit-copy")));
    m_copy->setAutoRaise(true);
    m_copy->setPopupMode(QToolButton::InstantPopup);
    m_copy->setAccessibleName(i18nc("source or destination", "Copy from: %1", sideTitle(side)));
    m_copy->setToolTip(i18n("Copy the process number or the path of the socket"));
    const int small = fontMetrics().height();
    m_copy->setIconSize({ small, small });

    auto* top = new QHBoxLayout;
    top->setSpacing(fontMetrics().averageCharWidth());
    top->addWidget(m_heading);
    top->addWidget(m_title, 1);
    top->addWidget(m_copy);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 4, 6, 6);
    layout->setSpacing(1);
    layout->addLayout(top);
    layout->addWidget(m_state);
    layout->addWidget(m_details);
    layout->addWidget(m_connection);
    layout->addStretch(1);
    m_uptimeTimer.setSingleShot(true);
    m_uptimeTimer.setTimerType(Qt::CoarseTimer);
    connect(&m_uptimeTimer, &QTimer::timeout, this, &EndpointCard::refresh);
    refresh();
}

void EndpointCard::addActions(Actions& actions)
{
    const bool source = m_side == Side::Source;
    const QString group = i18n("Session");
    const auto add = [&](const char* id, const QString& text, Qt::Key key, auto value) {
        QAction* action = actions.add(group, QString::fromLatin1(id), text, QStringLiteral("edit-copy"),
            QKeySequence(Qt::CTRL | Qt::Key_K, key), this);
        connect(action, &QAction::triggered, this,
            [this, value] { QGuiApplication::clipboard()->setText(value(m_status)); });
        return action;
    };
    m_copyPid = add(source ? "source_copy_pid" : "destination_copy_pid",
        source ? i18n("Copy the Source's Process Number") : i18n("Copy the Destination's Process Number"),
        source ? Qt::Key_1 : Qt::Key_3,
        [](const op::EndpointStatus& status) { return QString::number(status.pid); });
    m_copySocket = add(source ? "source_copy_socket" : "destination_copy_socket",
        source ? i18n("Copy the Path of the Source's Socket")
               : i18n("Copy the Path of the Destination's Socket"),
        source ? Qt::Key_2 : Qt::Key_4, [](const op::EndpointStatus& status) { return status.qmpPath; });
    auto* menu = new QMenu(m_copy);
    menu->addAction(m_copyPid);
    menu->addAction(m_copySocket);
    m_copy->setMenu(menu);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    QWidget::addActions({ m_copyPid, m_copySocket });
    updateActions();
}

void EndpointCard::setStatus(const op::EndpointStatus& status, bool begun, qint64 nowNs)
{
    m_status = status;
    m_begun = begun;
    m_isPresent = std::abs(realtimeNs() - nowNs) < nsPerSecond;
    m_nowNs = nowNs;
    refresh();
}

void EndpointCard::refresh()
{
    const qint64 now = m_isPresent ? realtimeNs() : m_nowNs;
    const EndpointText text = endpointText(m_side, m_status, m_begun, now);
    m_rank = text.rank;
    m_title->setText(text.title);
    m_state->setText(stateSign(text.rank) + u' ' + text.state);
    m_details->setText(text.details);
    m_connection->setText(text.connection);
    m_copy->setVisible(m_status.pid > 0 || !m_status.qmpPath.isEmpty());
    setToolTip(QStringList{ m_status.version, m_status.qmpPath }.join(u'\n').trimmed());
    setAccessibleDescription(
        QStringList{ sideTitle(m_side), text.title, text.state, text.details, text.connection }.join(u'\n'));
    updateActions();
    recolour();
    if (m_isPresent && m_status.processStartNs > 0 && !m_status.gone) {
        const qint64 seconds = std::max<qint64>(0, (now - m_status.processStartNs) / nsPerSecond);
        const qint64 step = uptimeStep(seconds);
        m_uptimeTimer.start(static_cast<int>((step - seconds % step) * 1000));
    } else {
        m_uptimeTimer.stop();
    }
}

void EndpointCard::updateActions()
{
    if (!m_copyPid)
        return;
    const auto present = [](bool is, const QString& attempt, const QString& why) {
        return is ? Result<void>() : failure(ErrorCode::NotFound, attempt, {}, why);
    };
    allow(m_copyPid,
        present(m_status.pid > 0, i18n("copy the process number"), i18n("the process is not known")),
        i18n("Put it on the clipboard"));
    allow(m_copySocket,
        present(!m_status.qmpPath.isEmpty(), i18n("copy the path"), i18n("there is no socket yet")),
        i18n("Put it on the clipboard"));
}

void EndpointCard::changeEvent(QEvent* event)
{
    Card::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        recolour();
}

void EndpointCard::recolour()
{
    const Colours colours = Colours::of(palette());
    const bool known = m_status.pid > 0 || m_status.connected || !m_status.runState.isEmpty();
    setEdgeColour(!known ? colours.line : m_side == Side::Source ? colours.source : colours.destination);
    const auto paint = [this](QWidget* label, const QColor& colour) {
        QPalette own = palette();
        own.setColor(QPalette::WindowText, colour);
        label->setPalette(own);
    };
    paint(m_details, colours.faint);
    paint(m_connection, colours.faint);
    switch (m_rank) {
    case StateRank::None:
        paint(m_state, colours.faint);
        break;
    case StateRank::Runs:
        paint(m_state, colours.positive);
        break;
    case StateRank::Stands:
        paint(m_state, colours.text);
        break;
    case StateRank::Waits:
        paint(m_state, colours.neutral);
        break;
    case StateRank::Bad:
        paint(m_state, colours.negative);
        break;
    }
}

} // namespace cutover::ui
