// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "actions.h"
#include "timelinepanel.h"

#include <KConfigGroup>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QMenu>

namespace cutover::ui {

using Marker = ZoomControl::Marker;
using StepBy = TimelineView::StepBy;

QAction* TimelinePanel::addAction(const char* id, const QString& text, const char* icon,
    const QList<QKeySequence>& keys, const QString& tip)
{
    auto* action = new QAction(text, this);
    action->setObjectName(QString::fromLatin1(id));
    if (*icon != '\0')
        action->setIcon(QIcon::fromTheme(QString::fromLatin1(icon)));
    action->setShortcuts(keys);
    // Single letters must stay free for typing and for the search in tables.
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(tip);
    QWidget::addAction(action);
    m_actions.append(action);
    return action;
}

void TimelinePanel::addActions(Actions& actions)
{
    for (QAction* action : std::as_const(m_actions))
        actions.add(i18n("Timeline"), action);
}

void TimelinePanel::makeActions()
{
    makeStepActions();
    makeZoomActions();
    makeMarkerActions();
    makeLaneActions();
}

void TimelinePanel::makeStepActions()
{
    const auto add = [this](const char* id, const QString& text, const char* icon, const QKeySequence& key,
                         const QString& tip, int direction, StepBy by) {
        QAction* action = addAction(id, text, icon, { key }, tip);
        connect(
            action, &QAction::triggered, m_view, [this, direction, by] { m_view->stepEvent(direction, by); });
    };
    add("timeline_previous", i18n("Previous Event"), "go-previous", Qt::Key_Comma,
        i18n("Select the event before"), -1, StepBy::Any);
    add("timeline_next", i18n("Next Event"), "go-next", Qt::Key_Period, i18n("Select the event after"), 1,
        StepBy::Any);
    add("timeline_previous_kind", i18n("Previous of the Same Kind"), "", Qt::SHIFT | Qt::Key_N,
        i18n("Select the event of this name on this side that came before"), -1, StepBy::Kind);
    add("timeline_next_kind", i18n("Next of the Same Kind"), "", Qt::Key_N,
        i18n("Select the next event of this name on this side"), 1, StepBy::Kind);
    add("timeline_previous_side", i18n("Previous on the Same Side"), "", Qt::SHIFT | Qt::Key_E,
        i18n("Select the event of this side that came before"), -1, StepBy::Side);
    add("timeline_next_side", i18n("Next on the Same Side"), "", Qt::Key_E,
        i18n("Select the next event of this side"), 1, StepBy::Side);
    QAction* details = addAction("timeline_details", i18n("Show the Details"), "",
        { Qt::Key_I, Qt::Key_Return }, i18n("Everything that is known of what is selected"));
    connect(details, &QAction::triggered, this, &TimelinePanel::detailsRequested);
}

void TimelinePanel::makeZoomActions()
{
    const auto add = [this](const char* id, const QString& text, const char* icon,
                         const QList<QKeySequence>& keys, const QString& tip, auto act) {
        connect(addAction(id, text, icon, keys, tip), &QAction::triggered, this, act);
    };
    add("timeline_zoom_in", i18n("Zoom In"), "zoom-in", { Qt::Key_W, Qt::Key_Plus, Qt::Key_Equal },
        i18n("Zoom in at the mouse, else in the middle"), [this] { m_view->zoomHere(0.7); });
    add("timeline_zoom_out", i18n("Zoom Out"), "zoom-out", { Qt::Key_S, Qt::Key_Minus },
        i18n("Zoom out at the mouse, else in the middle"), [this] { m_view->zoomHere(1 / 0.7); });
    add("timeline_earlier", i18n("Earlier"), "", { Qt::Key_A, Qt::Key_Left }, i18n("Show what was before"),
        [this] { m_zoom.pan(-0.2); });
    add("timeline_later", i18n("Later"), "", { Qt::Key_D, Qt::Key_Right }, i18n("Show what came after"),
        [this] { m_zoom.pan(0.2); });
    add("timeline_fit", i18n("Show Everything"), "zoom-fit-best", { Qt::Key_F, Qt::Key_Home },
        i18n("Fit the whole record"), [this] { m_zoom.fit(); });
    add("timeline_pause", i18n("Show the Pause"), "zoom-fit-width", { Qt::Key_P },
        i18n("Fit the pause of the guest"), [this] { showPause(); });
    add("timeline_selection", i18n("Zoom to the Marked Range"), "", { Qt::Key_Z },
        i18n("Fit the range that was marked with Shift and the mouse, else what is selected"), [this] {
            if (m_zoom.selection())
                m_zoom.setRange(*m_zoom.selection());
            else
                m_zoom.show(m_view->selection().time);
        });
    QAction* follow = addAction("timeline_follow", i18n("Follow What Happens"), "media-seek-forward",
        { Qt::Key_End }, i18n("Keep the newest events in view"));
    follow->setCheckable(true);
    follow->setChecked(m_zoom.isFollowing());
    connect(follow, &QAction::toggled, &m_zoom, &ZoomControl::setFollowing);
    connect(&m_zoom, &ZoomControl::followingChanged, follow,
        [this, follow] { follow->setChecked(m_zoom.isFollowing()); });
}

void TimelinePanel::makeMarkerActions()
{
    const auto add
        = [this](const char* id, const QString& text, const QKeySequence& key, const QString& tip, auto act) {
              connect(addAction(id, text, "", { key }, tip), &QAction::triggered, this, act);
          };
    add("timeline_marker_a", i18n("Set Marker A"), Qt::SHIFT | Qt::Key_A,
        i18n("At the selected event, else under the mouse, else in the middle"),
        [this] { m_zoom.setMarker(Marker::A, m_view->timeOfInterest()); });
    add("timeline_marker_b", i18n("Set Marker B"), Qt::SHIFT | Qt::Key_B,
        i18n("At the selected event, else under the mouse, else in the middle"),
        [this] { m_zoom.setMarker(Marker::B, m_view->timeOfInterest()); });
    add("timeline_markers_range", i18n("Mark the Range from A to B"), Qt::Key_R,
        i18n("Mark what lies between the markers"), [this] {
            const auto a = m_zoom.marker(Marker::A);
            const auto b = m_zoom.marker(Marker::B);
            if (a && b)
                m_zoom.setSelection(Interval{ .startNs = std::min(*a, *b), .endNs = std::max(*a, *b) });
        });
    add("timeline_markers_clear", i18n("Remove the Markers"), Qt::SHIFT | Qt::Key_X,
        i18n("Remove the markers and the marked range"), [this] {
            m_zoom.setMarker(Marker::A, std::nullopt);
            m_zoom.setMarker(Marker::B, std::nullopt);
            m_zoom.setSelection(std::nullopt);
        });
}

void TimelinePanel::makeLaneActions()
{
    const auto add
        = [this](const char* id, const QString& text, const QKeySequence& key, const QString& tip, auto act) {
              connect(addAction(id, text, "", { key }, tip), &QAction::triggered, m_view, act);
          };
    add("timeline_lane_up", i18n("Lane Above"), Qt::Key_Up, i18n("Go to the lane above"),
        [this] { m_view->moveCurrentLane(-1); });
    add("timeline_lane_down", i18n("Lane Below"), Qt::Key_Down, i18n("Go to the lane below"),
        [this] { m_view->moveCurrentLane(1); });
    add("timeline_fold", i18n("Fold or Unfold the Lane"), Qt::Key_O,
        i18n("Show less or more of the lane; a click on its title does the same"),
        [this] { m_view->toggleFolded(m_view->currentLane()); });
    for (std::size_t i = 0; i < allLanes.size(); ++i) {
        const QString id = QStringLiteral("timeline_show_") + laneKey(allLanes[i]);
        QAction* action = addAction(id.toLatin1().constData(), i18n("Lane: %1", laneTitle(allLanes[i])), "",
            { QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(i))) },
            i18n("Show or hide this lane"));
        action->setCheckable(true);
        connect(action, &QAction::triggered, this, [this, i](bool visible) {
            LaneLooks looks = m_view->laneLooks();
            looks[i].visible = visible;
            m_view->setLaneLooks(looks);
        });
        m_laneActions.append(action);
    }
}

void TimelinePanel::updateActions()
{
    for (std::size_t i = 0; i < allLanes.size(); ++i)
        m_laneActions[static_cast<qsizetype>(i)]->setChecked(m_view->laneLooks()[i].visible);
    const bool both = m_zoom.markerDifference().has_value();
    const bool any = m_zoom.marker(Marker::A) || m_zoom.marker(Marker::B) || m_zoom.selection();
    for (QAction* action : std::as_const(m_actions)) {
        if (action->objectName() == u"timeline_markers_range")
            allow(action,
                both ? Result<void>()
                     : failure(
                           ErrorCode::Refused, i18n("mark a range"), {}, i18n("markers A and B are not set")),
                i18n("Mark what lies between the markers"));
        else if (action->objectName() == u"timeline_markers_clear")
            allow(action,
                any ? Result<void>()
                    : failure(ErrorCode::Refused, i18n("remove markers"), {}, i18n("nothing is marked")),
                i18n("Remove the markers and the marked range"));
    }
}

void TimelinePanel::showMenu(const QPoint& global, qint64 timeNs)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("timelineMenu"));
    connect(menu->addAction(i18n("Set Marker A Here")), &QAction::triggered, this,
        [this, timeNs] { m_zoom.setMarker(Marker::A, timeNs); });
    connect(menu->addAction(i18n("Set Marker B Here")), &QAction::triggered, this,
        [this, timeNs] { m_zoom.setMarker(Marker::B, timeNs); });
    const auto addKnown = [&](std::initializer_list<QStringView> ids) {
        menu->addSeparator();
        for (QAction* action : std::as_const(m_actions)) {
            if (std::ranges::find(ids, action->objectName()) != ids.end())
                menu->addAction(action);
        }
    };
    addKnown({ u"timeline_markers_range", u"timeline_markers_clear" });
    addKnown({ u"timeline_details", u"timeline_selection", u"timeline_fit", u"timeline_pause" });
    QMenu* lanes = menu->addMenu(i18n("Lanes"));
    lanes->addActions(m_laneActions);
    menu->popup(global);
}

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(QStringLiteral("Timeline"));
}

void TimelinePanel::restoreLanes()
{
    const QStringList hidden = settings().readEntry("HiddenLanes", QStringList());
    const QStringList folded = settings().readEntry("FoldedLanes", QStringList());
    LaneLooks looks;
    for (std::size_t i = 0; i < allLanes.size(); ++i)
        looks[i] = { .visible = !hidden.contains(laneKey(allLanes[i])),
            .folded = folded.contains(laneKey(allLanes[i])) };
    m_view->setLaneLooks(looks);
}

void TimelinePanel::saveLanes() const
{
    QStringList hidden;
    QStringList folded;
    for (std::size_t i = 0; i < allLanes.size(); ++i) {
        const LaneLook& look = m_view->laneLooks()[i];
        if (!look.visible)
            hidden.append(laneKey(allLanes[i]));
        if (look.folded)
            folded.append(laneKey(allLanes[i]));
    }
    KConfigGroup group = settings();
    group.writeEntry("HiddenLanes", hidden);
    group.writeEntry("FoldedLanes", folded);
}

} // namespace cutover::ui
