// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinepanel.h"

#include "format.h"
#include "models/eventmodel.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QElapsedTimer>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

/// While events pour in, a new picture is made this often; less often where making one takes long.
static constexpr int refreshMs = 40;

static KSqueezedTextLabel* line(QWidget* parent, const QString& name)
{
    auto* label = new KSqueezedTextLabel(parent);
    label->setTextElideMode(Qt::ElideRight);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setAccessibleName(name);
    return label;
}

TimelinePanel::TimelinePanel(const timeline::Record& record, QWidget* parent)
    : QWidget(parent)
    , m_record(record)
    , m_view(new TimelineView(&m_zoom, this))
    , m_title(line(this, i18n("Summary of the timeline")))
    , m_details(line(this, i18n("Details of the selection")))
{
    setObjectName(QStringLiteral("timelinePanel"));
    makeActions();

    auto* heading = new QLabel(i18n("Timeline"), this);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    heading->setBuddy(m_view);

    auto* top = new QHBoxLayout;
    top->addWidget(heading);
    top->addSpacing(8);
    top->addWidget(m_title, 1);
    for (QAction* action : std::as_const(m_actions)) {
        if (action->icon().isNull())
            continue;
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setAccessibleName(action->text().remove(u'&'));
        top->addWidget(button);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addLayout(top);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_details);

    m_refreshTimer.setSingleShot(true);
    m_refreshTimer.setInterval(refreshMs);
    connect(&m_refreshTimer, &QTimer::timeout, this, &TimelinePanel::refresh);
    connect(&record, &timeline::Record::appended, this, &TimelinePanel::scheduleRefresh);
    connect(&record, &timeline::Record::cleared, this, [this] {
        if (m_record.isRewinding())
            return;
        m_view->selectEvent(std::nullopt);
        m_zoom.setSelection(std::nullopt);
        m_zoom.setFollowing(true);
        refresh();
    });
    connect(&m_zoom, &ZoomControl::rangeChanged, this, &TimelinePanel::updateTitle);
    connect(&m_zoom, &ZoomControl::selectionChanged, this, &TimelinePanel::updateTitle);
    connect(m_view, &TimelineView::eventSelected, this, [this](std::size_t event) {
        showDetails(event);
        Q_EMIT eventSelected(event);
    });
    connect(m_view, &TimelineView::picked, this, [this](const QString& sentence, const Interval& time) {
        m_details->setText(time.isEmpty()
                ? sentence
                : i18nc("a stretch of time, what it is, and when", "%1 · %2, from %3", sentence,
                      durationText(time.length()), clockText(time.startNs)));
    });
    showDetails(std::nullopt);
    refresh();
}

QAction* TimelinePanel::addAction(
    const QString& name, const QString& text, const QString& icon, const QList<QKeySequence>& keys)
{
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    if (!icon.isEmpty())
        action->setIcon(QIcon::fromTheme(icon));
    action->setShortcuts(keys);
    // Single letters must stay free for typing and for the search in tables.
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    QWidget::addAction(action);
    m_actions.append(action);
    return action;
}

void TimelinePanel::makeActions()
{
    const auto add = [this](const char* name, const QString& text, const char* icon,
                         const QList<QKeySequence>& keys, auto slot) {
        QAction* action = addAction(QString::fromLatin1(name), text, QString::fromLatin1(icon), keys);
        connect(action, &QAction::triggered, this, slot);
    };
    add("timeline_previous", i18n("Previous Event"), "go-previous", { Qt::Key_Comma },
        [this] { m_view->stepEvent(-1); });
    add("timeline_next", i18n("Next Event"), "go-next", { Qt::Key_Period }, [this] { m_view->stepEvent(1); });
    add("timeline_zoom_in", i18n("Zoom In"), "zoom-in", { Qt::Key_W, Qt::Key_Plus },
        [this] { m_view->zoomHere(0.7); });
    add("timeline_zoom_out", i18n("Zoom Out"), "zoom-out", { Qt::Key_S, Qt::Key_Minus },
        [this] { m_view->zoomHere(1 / 0.7); });
    add("timeline_earlier", i18n("Earlier"), "", { Qt::Key_A, Qt::Key_Left }, [this] { m_zoom.pan(-0.2); });
    add("timeline_later", i18n("Later"), "", { Qt::Key_D, Qt::Key_Right }, [this] { m_zoom.pan(0.2); });
    add("timeline_fit", i18n("Show Everything"), "zoom-fit-best", { Qt::Key_F, Qt::Key_Home },
        [this] { m_zoom.fit(); });
    add("timeline_pause", i18n("Show the Pause"), "zoom-fit-width", { Qt::Key_P }, [this] { showPause(); });
    add("timeline_selection", i18n("Zoom to the Marked Range"), "", { Qt::Key_Z }, [this] {
        if (m_zoom.selection())
            m_zoom.setRange(*m_zoom.selection());
    });
    m_follow = addAction(QStringLiteral("timeline_follow"), i18n("Follow What Happens"),
        QStringLiteral("media-seek-forward"), { Qt::Key_End });
    m_follow->setCheckable(true);
    m_follow->setChecked(m_zoom.isFollowing());
    connect(m_follow, &QAction::toggled, &m_zoom, &ZoomControl::setFollowing);
    connect(&m_zoom, &ZoomControl::followingChanged, m_follow,
        [this] { m_follow->setChecked(m_zoom.isFollowing()); });
}

void TimelinePanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void TimelinePanel::showPause()
{
    const Interval part = m_view->scene().pauseSurroundings();
    if (!part.isEmpty())
        m_zoom.setRange(part);
}

void TimelinePanel::scheduleRefresh()
{
    if (!m_refreshTimer.isActive())
        m_refreshTimer.start();
}

void TimelinePanel::refresh()
{
    QElapsedTimer clock;
    clock.start();
    // Of a recording everything is there to be seen; what is behind the play position stands back.
    m_view->setScene(buildScene(m_record.whole()));
    updateTitle();
    if (m_view->scene().points.empty())
        showDetails(std::nullopt);
    Q_EMIT sceneChanged();
    m_refreshTimer.setInterval(std::max(refreshMs, static_cast<int>(clock.elapsed()) * 4));
}

void TimelinePanel::selectEvent(std::optional<std::size_t> event)
{
    m_view->selectEvent(event);
    showDetails(event);
}

void TimelinePanel::showDetails(std::optional<std::size_t> event)
{
    if (!event || *event >= m_record.whole().size()) {
        m_details->setText(i18n("Click or press . and , to go from event to event."));
        return;
    }
    const timeline::Event& chosen = m_record.whole()[*event];
    QString text = clockText(chosen.timeNs) + QStringLiteral(" · ") + sideTitle(chosen.side)
        + QStringLiteral(" · ") + chosen.name + u' ' + attributesText(chosen.attributes);
    const QString sentence
        = timeline::checkpointText(chosen.attributes.value(QLatin1StringView("name")).toString());
    if (!sentence.isEmpty())
        text += QStringLiteral(" — ") + sentence;
    m_details->setText(text);
}

void TimelinePanel::updateTitle()
{
    const Scene& scene = m_view->scene();
    if (scene.points.empty()) {
        m_title->setText({});
        return;
    }
    QStringList parts;
    if (m_zoom.selection())
        parts.append(i18n("marked %1", durationText(m_zoom.selection()->length())));
    if (scene.pause.isKnown()) {
        parts.append(i18n("pause %1", durationText(scene.pause.pause.valueNs)));
        parts.append(evidenceTitle(scene.pause.pause.tier));
        if (scene.pause.pause.clockErrorNs > 0)
            parts.append(i18n("clock error < %1", durationText(scene.pause.pause.clockErrorNs)));
    }
    parts.append(i18n("%1 in view", durationText(m_zoom.range().length())));
    m_title->setText(parts.join(QStringLiteral(" · ")));
    m_title->setToolTip(scene.pause.explanation);
}

} // namespace cutover::ui
