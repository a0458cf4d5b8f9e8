// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinepanel.h"

#include "format.h"
#include "models/eventmodel.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QFocusEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

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
    , m_model(record, this)
    , m_view(new TimelineView(&m_model, &m_zoom, this))
    , m_minimap(new Minimap(&m_model, &m_zoom, this))
    , m_title(line(this, i18n("Summary of the timeline")))
    , m_details(line(this, i18n("What is selected in the timeline")))
{
    setObjectName(QStringLiteral("timelinePanel"));
    makeActions();
    restoreLanes();

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
    layout->addWidget(m_minimap);
    layout->addWidget(m_details);

    connect(&m_model, &TimelineModel::cleared, this, [this] {
        m_zoom.setSelection(std::nullopt);
        m_zoom.setMarker(ZoomControl::Marker::A, std::nullopt);
        m_zoom.setMarker(ZoomControl::Marker::B, std::nullopt);
        m_zoom.setPlayPosition(std::nullopt);
        m_zoom.setFollowing(true);
        m_zoom.fit();
    });
    connect(&m_model, &TimelineModel::changed, this, [this] {
        updateTitle();
        Q_EMIT sceneChanged();
    });
    connect(&m_zoom, &ZoomControl::rangeChanged, this, &TimelinePanel::updateTitle);
    for (const auto signal : { &ZoomControl::selectionChanged, &ZoomControl::markersChanged }) {
        connect(&m_zoom, signal, this, &TimelinePanel::updateTitle);
        connect(&m_zoom, signal, this, &TimelinePanel::updateActions);
    }
    connect(m_view, &TimelineView::selectionChanged, this, &TimelinePanel::showSelection);
    connect(m_view, &TimelineView::eventSelected, this, &TimelinePanel::eventSelected);
    connect(m_view, &TimelineView::menuRequested, this, &TimelinePanel::showMenu);
    connect(m_view, &TimelineView::laneLooksChanged, this, [this] {
        updateActions();
        saveLanes();
    });
    showSelection();
    updateTitle();
    updateActions();
}

void TimelinePanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void TimelinePanel::showPause()
{
    const Interval part = scene().pauseSurroundings();
    if (!part.isEmpty())
        m_zoom.setRange(part);
}

void TimelinePanel::selectEvent(std::optional<std::size_t> event)
{
    m_view->selectEvent(event);
}

void TimelinePanel::showSelection()
{
    const TimelineHit& hit = m_view->selection();
    if (hit.kind == TimelineHit::Kind::Nothing) {
        m_details->setText(i18n("Click or press . and , to go from event to event."));
        return;
    }
    if (!hit.event) {
        m_details->setText(
            i18nc("a stretch of time, what it is, how long, and since when", "%1 · %2 · %3, from %4",
                hit.title, hit.sentence, durationText(hit.time.length()), clockText(hit.time.startNs)));
        return;
    }
    const auto events = m_model.record().whole();
    if (*hit.event >= events.size())
        return;
    const timeline::Event& chosen = events[*hit.event];
    QStringList parts{ clockText(chosen.timeNs), sideTitle(chosen.side),
        chosen.name + u' ' + attributesText(chosen.attributes).left(300) };
    parts.removeAll(QString());
    QString text = parts.join(QStringLiteral(" · "));
    const QString sentence
        = timeline::checkpointText(chosen.attributes.value(QLatin1StringView("name")).toString());
    if (!sentence.isEmpty())
        text += QStringLiteral(" — ") + sentence;
    m_details->setText(text);
}

void TimelinePanel::updateTitle()
{
    if (scene().isEmpty()) {
        m_title->setText({});
        return;
    }
    QStringList parts;
    if (m_zoom.selection())
        parts.append(i18n("marked %1", durationText(m_zoom.selection()->length())));
    if (const auto difference = m_zoom.markerDifference())
        parts.append(i18nc("distance of the markers", "B−A %1", signedDurationText(*difference)));
    else if (const auto a = m_zoom.marker(ZoomControl::Marker::A))
        parts.append(i18nc("marker", "A %1", signedDurationText(*a - scene().originNs)));
    else if (const auto b = m_zoom.marker(ZoomControl::Marker::B))
        parts.append(i18nc("marker", "B %1", signedDurationText(*b - scene().originNs)));
    const timeline::Figure& pause = scene().pause.pause;
    if (scene().pause.isKnown()) {
        parts.append(i18n("pause %1", durationText(pause.valueNs)));
        parts.append(evidenceTitle(pause.tier));
        if (pause.clockErrorNs > 0)
            parts.append(i18n("clock error < %1", durationText(pause.clockErrorNs)));
    }
    parts.append(i18n("%1 in view", durationText(m_zoom.range().length())));
    m_title->setText(parts.join(QStringLiteral(" · ")));
    m_title->setToolTip(scene().pause.explanation);
}

} // namespace cutover::ui
