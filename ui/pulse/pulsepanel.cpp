// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsepanel.h"

#include "actions.h"
#include "format.h"
#include "pulse/pulsestrip.h"
#include "widgets/columnfit.h"
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
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

static constexpr int refreshMs = 50;

static QTreeView* table(QAbstractItemModel* model, const QString& name, QWidget* parent)
{
    auto* view = new QTreeView(parent);
    view->setModel(model);
    view->setAccessibleName(name);
    view->setRootIsDecorated(false);
    styleTable(view);
    return view;
}

PulsePanel::PulsePanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_summary(new KSqueezedTextLabel(this))
    , m_note(new QLabel(this))
    , m_strip(new PulseStrip(this))
    , m_figureView(table(&m_figures, i18n("What guest, network and disk saw"), this))
    , m_sampleView(table(&m_samples, i18n("Samples of the heartbeat"), this))
    , m_tables(new QStackedWidget(this))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_bar(new QWidget(this))
{
    setObjectName(QStringLiteral("pulsePanel"));
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("Heartbeat: summary"));
    m_note->setWordWrap(true);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note->setAccessibleName(i18n("Heartbeat: note"));
    m_figureView->setObjectName(QStringLiteral("pulseFigures"));
    m_sampleView->setObjectName(QStringLiteral("pulseSamples"));
    new ColumnFit(m_figureView, { 23, 26, 20 });
    m_sampleView->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tables->addWidget(m_figureView);
    m_tables->addWidget(m_sampleView);
    m_splitter->addWidget(m_strip);
    m_splitter->addWidget(m_tables);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);

    QVBoxLayout* layout = layOutPanel(this, m_bar, m_summary);
    layout->addWidget(m_note);
    layout->addWidget(m_splitter, 1);

    m_refreshTimer.setSingleShot(true);
    m_refreshTimer.setInterval(refreshMs);
    connect(&m_refreshTimer, &QTimer::timeout, this, &PulsePanel::refresh);
    const timeline::Record& record = session->record();
    connect(&record, &timeline::Record::appended, this, &PulsePanel::take);
    connect(&record, &timeline::Record::cleared, this, [this] {
        m_trail = {};
        m_pause = {};
        refresh();
    });
    connect(session, &SessionModel::stateChanged, this, &PulsePanel::updateActions);
    connect(session, &SessionModel::endpointsChanged, this, &PulsePanel::updateActions);
    connect(session, &SessionModel::pulseListeningChanged, this, &PulsePanel::updateActions);
    connect(m_strip, &PulseStrip::chosen, this, &PulsePanel::chosen);
    connect(m_figureView, &QAbstractItemView::activated, this, [this](const QModelIndex& index) {
        const Interval time = m_figures.figures()[static_cast<std::size_t>(index.row())].time;
        if (!time.isEmpty())
            Q_EMIT chosen(time);
    });
    connect(m_figureView, &QAbstractItemView::clicked, m_figureView, &QAbstractItemView::activated);
    take(0, record.size());
    refresh();
}

void PulsePanel::focusInEvent(QFocusEvent* event)
{
    m_tables->currentWidget()->setFocus(event->reason());
}

void PulsePanel::addActions(Actions& actions)
{
    const QString group = i18n("Pause");
    const auto add
        = [&](const char* id, const QString& text, const QString& brief, const char* icon, Qt::Key key) {
              QAction* action = actions.add(group, QString::fromLatin1(id), text, QString::fromLatin1(icon),
                  QKeySequence(Qt::CTRL | Qt::Key_K, key), this);
              m_bar->layout()->addWidget(textButton(action, brief, m_bar));
              return action;
          };
    m_gap = add("pulse_gap", i18n("Show the Gap in the Heartbeat"), i18n("Gap"), "zoom-fit-width", Qt::Key_G);
    m_gap->setCheckable(true);
    m_gap->setChecked(true);
    connect(m_gap, &QAction::toggled, this, &PulsePanel::refresh);
    m_table = add("pulse_samples", i18n("Samples of the Heartbeat as a Table"), i18n("Samples"),
        "view-list-details", Qt::Key_T);
    m_table->setCheckable(true);
    connect(m_table, &QAction::toggled, this, [this](bool samples) {
        QTreeView* view = samples ? m_sampleView : m_figureView;
        const bool focused = m_tables->currentWidget()->hasFocus();
        m_tables->setCurrentWidget(view);
        if (focused)
            view->setFocus(Qt::OtherFocusReason);
    });
    m_listen
        = add("pulse_listen", i18n("Listen to the Heartbeat"), i18n("Listen"), "media-record", Qt::Key_L);
    connect(m_listen, &QAction::triggered, this, [this] {
        if (const auto listening = m_session->listenToPulse(); !listening)
            Q_EMIT m_session->failed(listening.error());
    });
    m_copy
        = add("pulse_copy", i18n("Copy the Figures of the Heartbeat"), i18n("Copy"), "edit-copy", Qt::Key_H);
    connect(m_copy, &QAction::triggered, this, &PulsePanel::copy);
    refresh();
}

void PulsePanel::setPause(const timeline::PauseBreakdown& pause)
{
    if (pause == m_pause)
        return;
    m_pause = pause;
    refresh();
}

void PulsePanel::take(std::size_t first, std::size_t count)
{
    bool changed = false;
    for (const timeline::Event& event : m_session->record().events().subspan(first, count))
        changed = m_trail.take(event) || changed;
    if (changed && !m_refreshTimer.isActive())
        m_refreshTimer.start();
}

QString PulsePanel::summary() const
{
    QStringList parts;
    for (const timeline::PulseGap& gap : timeline::pulseGaps(m_trail, m_pause))
        parts.append(i18nc("a gap and its length", "%1 %2", gapTitle(gap.kind), durationText(gap.lengthNs)));
    if (!m_trail.heartbeats.empty())
        parts.append(i18np("%1 sample", "%1 samples", static_cast<int>(m_trail.heartbeats.size())));
    return parts.join(QStringLiteral(" · "));
}

void PulsePanel::refresh()
{
    m_figures.setFigures(pulseFigures(m_trail, m_pause));
    m_samples.setSamples(m_trail.heartbeats);
    m_strip->setScene(
        pulseScene(m_trail, m_pause, !m_gap || m_gap->isChecked() ? PulseView::Gap : PulseView::Run));
    m_strip->setVisible(!m_strip->scene().rows.empty());
    m_summary->setText(summary());
    QString note;
    if (m_trail.absent)
        note = i18n(
            "This guest has no pulse: its VMM cannot ask it, and there is none in its memory. The pause is "
            "measured between the checkpoints of both VMMs instead; what the guest feels is a little more. "
            "What can be seen of it from outside, packets and time of its processors, stands in for it. For "
            "the guest's own view, look at it from its network, or try the guest of a lab.");
    else if (m_trail.isEmpty())
        note = i18n(
            "The heartbeat of the guest appears here once a VMM that has one is connected. It is asked "
            "for before and after a switchover, never in it.");
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    m_tables->setVisible(!m_figures.figures().empty());
    updateActions();
}

void PulsePanel::updateActions()
{
    if (!m_listen)
        return;
    allow(m_listen, m_session->canListenToPulse(),
        m_session->isListeningToPulse() ? i18n("The heartbeat is being sampled; listen for longer")
                                        : i18n("Sample the heartbeat for twenty seconds"));
    const bool hasGap = !timeline::pulseGaps(m_trail, m_pause).empty();
    allow(m_gap,
        hasGap ? Result<void>()
               : failure(ErrorCode::NotFound, i18n("show the gap"), {}, i18n("none was measured yet")),
        i18n("The gaps with what is around them, or the last half minute"));
    allow(m_copy,
        m_figures.figures().empty()
            ? failure(ErrorCode::NotFound, i18n("copy the figures"), {}, i18n("there are none yet"))
            : Result<void>(),
        i18n("Put the figures on the clipboard, one a line"));
    m_table->setToolTip(i18n("Every sample, instead of the figures"));
}

void PulsePanel::copy() const
{
    QStringList lines;
    for (const PulseFigure& figure : m_figures.figures())
        lines.append(figure.what + u'\t' + figure.value + u'\t' + figure.evidence);
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

void PulsePanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // Beside each other where the dock is wide, below each other where it is narrow.
    m_splitter->setOrientation(width() > height() * 3 / 2 ? Qt::Horizontal : Qt::Vertical);
}

} // namespace cutover::ui
