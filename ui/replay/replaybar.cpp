// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "replaybar.h"

#include "format.h"
#include "player.h"
#include "replaysession.h"
#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QComboBox>
#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

QString speedText(double speed)
{
    return speed < 1 ? i18nc("slow motion", "1/%1", QLocale().toString(qRound(1 / speed)))
                     : i18nc("speed of a replay", "%1×", QLocale().toString(qRound(speed)));
}

QString positionText(const Replay& replay, std::size_t position, qint64 timeNs)
{
    const QLocale locale;
    const QString events = i18nc("events that have happened, of all", "%1 / %2",
        locale.toString(static_cast<qulonglong>(position)),
        locale.toString(static_cast<qulonglong>(replay.times.size())));
    if (timeNs <= 0)
        return events;
    return i18nc("clock, time since the start, events", "%1 · +%2 · %3", clockText(timeNs),
        durationText(std::max<qint64>(timeNs - replay.timeAt(0), 0)), events);
}

ReplayBar::ReplayBar(ReplaySession* session, Player* player, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_player(player)
    , m_damage(new KMessageWidget(this))
    , m_heading(new QLabel(i18n("Recording"), this))
    , m_name(new KSqueezedTextLabel(this))
    , m_buttons(new QHBoxLayout)
    , m_slider(new QSlider(Qt::Horizontal, this))
    , m_position(new QLabel(this))
    , m_speed(new QComboBox(this))
{
    nameMessageParts(m_damage);
    setObjectName(QStringLiteral("replayBar"));
    makeControls();
    hide();
    if (!session)
        return;
    connect(session, &ReplaySession::opened, this, &ReplayBar::showRecording);
    connect(session, &ReplaySession::closed, this, [this] {
        hide();
        updateActions();
    });
    connect(session, &ReplaySession::moved, this, &ReplayBar::showPosition);
    connect(player, &Player::changed, this, &ReplayBar::showPlaying);
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
        m_player->pause();
        m_session->seek(static_cast<std::size_t>(position));
    });
    connect(m_speed, &QComboBox::activated, player, &Player::setSpeed);
}

void ReplayBar::makeControls()
{
    m_damage->setMessageType(KMessageWidget::Warning);
    m_damage->setWordWrap(true);
    m_damage->setTextFormat(Qt::PlainText);
    m_damage->setObjectName(QStringLiteral("replayDamage"));
    m_damage->setAccessibleName(i18n("Damage of the recording"));
    for (QToolButton* button : m_damage->findChildren<QToolButton*>())
        button->setAccessibleName(i18n("Close this message"));
    m_damage->hide();
    QFont bold = m_heading->font();
    bold.setBold(true);
    m_heading->setFont(bold);
    m_name->setTextElideMode(Qt::ElideMiddle);
    m_name->setAccessibleName(i18n("Name of the recording"));
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_slider->setObjectName(QStringLiteral("replaySlider"));
    m_slider->setAccessibleName(i18n("Position of the replay, in events"));
    m_slider->setToolTip(i18n("How many events have happened. The arrow keys step from event to event."));
    m_position->setObjectName(QStringLiteral("replayPosition"));
    m_position->setAccessibleName(i18n("Position of the replay"));
    m_position->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_speed->setObjectName(QStringLiteral("replaySpeed"));
    m_speed->setAccessibleName(i18n("Speed of the replay"));
    m_speed->setToolTip(i18n("How fast the recording is played; 1/1000 makes a second of a millisecond"));
    for (const double speed : Player::speeds)
        m_speed->addItem(speedText(speed));
    m_speed->setCurrentIndex(Player::normalSpeed);

    m_buttons->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->addWidget(m_heading);
    row->addWidget(m_name, 2);
    row->addLayout(m_buttons);
    row->addWidget(m_slider, 3);
    row->addWidget(m_position);
    row->addWidget(m_speed);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addWidget(m_damage);
    layout->addLayout(row);
}

void ReplayBar::addActions(Actions& actions)
{
    const auto add = [&](const char* id, const QString& text, const char* icon,
                         const QList<QKeySequence>& keys, const QString& tip, auto slot) {
        QAction* action
            = actions.add(i18n("Replay"), QString::fromLatin1(id), text, QString::fromLatin1(icon), {}, this);
        action->setShortcuts(keys);
        action->setWhatsThis(tip);
        m_actions.append(action);
        if (m_session)
            connect(action, &QAction::triggered, this, slot);
        if (*icon == '\0')
            return;
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setAccessibleName(text);
        m_buttons->addWidget(button);
    };
    add("replay_start", i18n("Go to the Start"), "media-skip-backward", { Qt::CTRL | Qt::Key_Home },
        i18n("Before the first event of the recording"), [this] { m_player->goToStart(); });
    add("replay_previous", i18n("One Event Back"), "media-seek-backward", { Qt::CTRL | Qt::Key_Left },
        i18n("As it was before the last event"), [this] { m_player->step(-1); });
    add("replay_play", i18n("Play"), "media-playback-start",
        { Qt::CTRL | Qt::Key_Space, Qt::Key_MediaTogglePlayPause },
        i18n("Lets the recording happen again, or halts it"), [this] { m_player->toggle(); });
    add("replay_next", i18n("One Event Forward"), "media-seek-forward", { Qt::CTRL | Qt::Key_Right },
        i18n("As it was after the next event"), [this] { m_player->step(1); });
    add("replay_end", i18n("Go to the End"), "media-skip-forward", { Qt::CTRL | Qt::Key_End },
        i18n("After the last event of the recording"), [this] { m_player->goToEnd(); });
    add("replay_previous_state", i18n("Previous State"), "", { Qt::CTRL | Qt::SHIFT | Qt::Key_Left },
        i18n("To the change of the session’s state before this"), [this] { m_player->stepState(-1); });
    add("replay_next_state", i18n("Next State"), "", { Qt::CTRL | Qt::SHIFT | Qt::Key_Right },
        i18n("To the next change of the session’s state"), [this] { m_player->stepState(1); });
    add("replay_selection", i18n("Go to the Selected Event"), "", { Qt::CTRL | Qt::SHIFT | Qt::Key_J },
        i18n("To the event that is selected in the timeline or a table"),
        [this] { Q_EMIT selectionWanted(); });
    add("replay_slower", i18n("Slower"), "", { Qt::CTRL | Qt::Key_BracketLeft }, i18n("A tenth of the speed"),
        [this] { m_player->setSpeed(m_player->speed() - 1); });
    add("replay_faster", i18n("Faster"), "", { Qt::CTRL | Qt::Key_BracketRight }, i18n("Ten times the speed"),
        [this] { m_player->setSpeed(m_player->speed() + 1); });
    m_play = actions.find(QStringLiteral("replay_play"));
    updateActions();
}

void ReplayBar::updateActions()
{
    const Result<void> shown = m_session && m_session->replay()
        ? Result<void>()
        : failure(ErrorCode::Refused, i18n("replay"), {}, i18n("no recording is open"));
    for (QAction* action : std::as_const(m_actions))
        allow(action, shown, action->whatsThis());
}

void ReplayBar::showRecording()
{
    const Replay& replay = *m_session->replay();
    const QDateTime created = QDateTime::fromString(replay.header.created, Qt::ISODateWithMs).toLocalTime();
    const QString name = QFileInfo(replay.path).completeBaseName();
    m_name->setText(name);
    m_name->setToolTip(QStringList{ replay.path,
        created.isValid() ? QLocale().toString(created, QLocale::LongFormat) : QString(),
        replay.header.program }
            .join(u'\n'));
    QStringList faults;
    if (replay.damage.isDamaged())
        faults.append(replay.damage.message() + u' ' + i18n("All that could be read is shown."));
    if (replay.skippedEvents > 0)
        faults.append(i18np("%1 event is of a kind that this program does not know, and is left out.",
            "%1 events are of kinds that this program does not know, and are left out.",
            static_cast<int>(std::min<qint64>(replay.skippedEvents, std::numeric_limits<int>::max()))));
    m_damage->setText(faults.join(u' '));
    m_damage->setVisible(!faults.isEmpty());
    const QSignalBlocker blocker(m_slider);
    const auto count = static_cast<int>(replay.times.size());
    m_slider->setRange(0, count);
    m_slider->setPageStep(std::max(1, count / 50));
    // As wide as it can get, so that nothing moves while it plays.
    m_position->setMinimumWidth(m_position->fontMetrics().horizontalAdvance(
        positionText(replay, replay.times.size(), replay.timeAt(replay.times.size()))
        + QStringLiteral("00")));
    showPosition();
    showPlaying();
    updateActions();
    show();
}

void ReplayBar::showPosition()
{
    const Replay* replay = m_session->replay();
    if (!replay)
        return;
    const QSignalBlocker blocker(m_slider);
    m_slider->setValue(static_cast<int>(m_session->position()));
    m_position->setText(positionText(*replay, m_session->position(), m_session->nowNs()));
}

void ReplayBar::showPlaying()
{
    m_speed->setCurrentIndex(m_player->speed());
    if (!m_play)
        return;
    const bool playing = m_player->isPlaying();
    m_play->setText(playing ? i18n("Pause") : i18n("Play"));
    m_play->setIcon(QIcon::fromTheme(
        playing ? QStringLiteral("media-playback-pause") : QStringLiteral("media-playback-start")));
}

} // namespace cutover::ui
