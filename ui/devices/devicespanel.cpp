// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicespanel.h"

#include "devices/devicedelegate.h"
#include "devices/devicetext.h"
#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>
#include <KSqueezedTextLabel>

#include <QAction>
#include <QCheckBox>
#include <QFocusEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

/// Traces come in bursts; the tree need not follow each line.
static constexpr int refreshDelayMs = 40;

static constexpr int detailLines = 3;
static constexpr int leastEffectLetters = 14;
static constexpr int mostEffectLetters = 72;
static constexpr int hintLetters = 60;
static constexpr int hintLines = 20;

DevicesPanel::DevicesPanel(SessionModel* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_globalAction(new QAction(i18n("Pass Descriptors"), this))
    , m_deviceAction(new QAction(i18n("Switch This Device"), this))
    , m_expandAction(new QAction(i18n("Show or Hide All Descriptors"), this))
    , m_global(new QCheckBox(i18n("Pass descriptors"), this))
    , m_globalNote(new KSqueezedTextLabel(this))
    , m_message(new KMessageWidget(this))
    , m_summary(new KSqueezedTextLabel(this))
    , m_view(new QTreeView(this))
    , m_detail(new QLabel(this))
    , m_empty(new QLabel(i18n("The devices of the guest and their descriptors appear here once a source is "
                              "connected."),
          this))
{
    nameMessageParts(m_message);
    m_global->setObjectName(QStringLiteral("globalFdSwitch"));
    m_globalNote->setAccessibleName(i18n("About the switch for the whole migration"));
    m_globalNote->setTextElideMode(Qt::ElideRight);
    m_message->setMessageType(KMessageWidget::Warning);
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setAccessibleName(i18n("Message about a switch"));
    for (QToolButton* button : m_message->findChildren<QToolButton*>())
        button->setAccessibleName(i18n("Close this message"));
    for (QLabel* label : m_message->findChildren<QLabel*>())
        label->setAccessibleName(i18n("Text of the message"));
    m_message->hide();
    m_summary->setAccessibleName(i18n("Devices and descriptors: summary"));
    m_summary->setTextElideMode(Qt::ElideRight);
    m_view->setModel(&m_model);
    m_view->setItemDelegate(new DeviceDelegate(m_view));
    m_view->setAccessibleName(i18n("Devices and descriptors"));
    m_view->setObjectName(QStringLiteral("devicesView"));
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setIndentation(fontMetrics().height());
    m_view->installEventFilter(this);
    QHeaderView* header = m_view->header();
    header->setSectionsMovable(false);
    header->setStretchLastSection(true);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(DeviceModel::EffectColumn, QHeaderView::Fixed);
    m_view->viewport()->installEventFilter(this);
    m_detail->setWordWrap(true);
    m_detail->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_detail->setTextFormat(Qt::PlainText);
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_detail->setAccessibleName(i18n("About the selected device or descriptor"));
    m_detail->setMinimumHeight(fontMetrics().lineSpacing() * detailLines);
    m_detail->setMinimumWidth(1);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_empty->setMargin(fontMetrics().averageCharWidth());

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addWidget(m_global);
    layout->addWidget(m_globalNote);
    layout->addWidget(m_message);
    layout->addWidget(m_summary);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_detail);
    layout->addWidget(m_empty, 1);
    setMinimumWidth(fontMetrics().averageCharWidth() * 30);

    m_refresh.setSingleShot(true);
    m_refresh.setInterval(refreshDelayMs);
    connect(&m_refresh, &QTimer::timeout, this, &DevicesPanel::refresh);
    connect(&session->record(), &timeline::Record::appended, this, &DevicesPanel::recordGrew);
    connect(&session->record(), &timeline::Record::cleared, this, &DevicesPanel::refresh);
    connect(session, &SessionModel::stateChanged, this, &DevicesPanel::updateSwitches);
    connect(session, &SessionModel::endpointsChanged, this, &DevicesPanel::updateSwitches);
    connect(session, &SessionModel::verified, this, &DevicesPanel::refresh);
    connect(&m_model, &DeviceModel::switchRequested, this, &DevicesPanel::setDevice);
    connect(&m_model, &QAbstractItemModel::modelAboutToBeReset, this, &DevicesPanel::rememberView);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &DevicesPanel::restoreView);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, &DevicesPanel::updateDetail);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] {
        updateDetail();
        updateSwitches();
    });
    m_globalAction->setCheckable(true);
    connect(m_globalAction, &QAction::triggered, this, &DevicesPanel::setGlobal);
    connect(m_deviceAction, &QAction::triggered, this, &DevicesPanel::toggleCurrent);
    connect(m_expandAction, &QAction::triggered, this, &DevicesPanel::toggleAll);
    bindGlobalSwitch(m_global);
    refresh();
}

void DevicesPanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void DevicesPanel::addActions(Actions& actions)
{
    const QString group = i18n("Devices");
    const auto add = [&](QAction* action, const char* id, const char* icon, Qt::Key key) {
        action->setObjectName(QString::fromLatin1(id));
        action->setIcon(QIcon::fromTheme(QString::fromLatin1(icon)));
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | key));
        actions.add(group, action);
    };
    add(m_globalAction, "devices_pass", "network-connect", Qt::Key_F);
    add(m_deviceAction, "devices_switch", "", Qt::Key_D);
    add(m_expandAction, "devices_expand", "view-list-tree", Qt::Key_X);
    updateSwitches();
}

void DevicesPanel::bindGlobalSwitch(QCheckBox* box)
{
    m_boxes.append(box);
    connect(box, &QCheckBox::clicked, this, &DevicesPanel::setGlobal);
    updateSwitches();
}

QSize DevicesPanel::sizeHint() const
{
    return { fontMetrics().averageCharWidth() * hintLetters, fontMetrics().lineSpacing() * hintLines };
}

QString DevicesPanel::summary() const
{
    return summaryOf(m_model.tree());
}

void DevicesPanel::recordGrew(std::size_t first, std::size_t count)
{
    if (!m_refresh.isActive()
        && std::ranges::any_of(m_session->record().events().subspan(first, count), concernsDevices))
        m_refresh.start();
}

void DevicesPanel::refresh()
{
    m_refresh.stop();
    m_model.setTree(deviceTree(m_session->record().events()));
    const DeviceTree& tree = m_model.tree();
    if (tree.inventory != m_seenInventory || tree.refusal)
        m_wantedGlobal.reset();
    m_seenInventory = tree.inventory;
    const bool known = tree.stage != DeviceTree::Stage::Unknown;
    m_view->setVisible(known);
    m_detail->setVisible(known);
    m_empty->setVisible(!known);
    m_summary->setText(summary());
    m_summary->setVisible(known);
    showRefusal();
    updateSwitches();
    updateDetail();
    fitEffect();
}

void DevicesPanel::setGlobal(bool on)
{
    const Result<void> begun = m_session->setGlobalFdSwitch(on);
    if (begun)
        m_wantedGlobal = on;
    else
        say(begun.error().message() + u'\n' + begun.error().remedy);
    updateSwitches();
}

void DevicesPanel::setDevice(const QString& device, bool on)
{
    if (const Result<void> begun = m_session->setDeviceFdSwitch(device, on); !begun)
        say(begun.error().message() + u'\n' + begun.error().remedy);
    else
        m_model.showWanted(device, on);
}

void DevicesPanel::toggleCurrent()
{
    const QString device = m_view->currentIndex().data(DeviceModel::DeviceRole).toString();
    if (const Result<void> allowed = m_model.canSwitch(device); !allowed)
        say(allowed.error().message());
    else
        setDevice(device, !m_model.isOn(device));
}

void DevicesPanel::toggleAll()
{
    bool collapsed = false;
    for (int row = 0; row < m_model.rowCount(); ++row)
        collapsed |= !m_view->isExpanded(m_model.index(row, 0));
    collapsed ? m_view->expandAll() : m_view->collapseAll();
}

bool DevicesPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::Resize)
        fitEffect();
    // Anywhere in the row of a device or of one of its fds, not only in the column of the box.
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space
        && m_view->currentIndex().isValid()) {
        toggleCurrent();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

/// The effect gets what name and state leave of a narrow dock.
void DevicesPanel::fitEffect()
{
    const int letter = fontMetrics().averageCharWidth();
    const QHeaderView* header = m_view->header();
    const int others
        = header->sectionSize(DeviceModel::NameColumn) + header->sectionSize(DeviceModel::StateColumn);
    const int width = m_view->viewport()->width() - others;
    m_view->header()->resizeSection(DeviceModel::EffectColumn,
        std::clamp(width, letter * leastEffectLetters, letter * mostEffectLetters));
}

void DevicesPanel::rememberView()
{
    m_current = m_view->currentIndex().data(DeviceModel::KeyRole).toString();
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QModelIndex device = m_model.index(row, 0);
        const QString id = device.data(DeviceModel::DeviceRole).toString();
        if (m_view->isExpanded(device))
            m_collapsed.remove(id);
        else
            m_collapsed.insert(id);
    }
}

void DevicesPanel::restoreView()
{
    const auto isCurrent = [this](const QModelIndex& index) {
        return !m_current.isEmpty() && index.data(DeviceModel::KeyRole).toString() == m_current;
    };
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QModelIndex device = m_model.index(row, 0);
        m_view->setExpanded(device, !m_collapsed.contains(device.data(DeviceModel::DeviceRole).toString()));
        if (isCurrent(device))
            m_view->setCurrentIndex(device);
        for (int fd = 0; fd < m_model.rowCount(device); ++fd) {
            if (const QModelIndex index = m_model.index(fd, 0, device); isCurrent(index))
                m_view->setCurrentIndex(index);
        }
    }
}

void DevicesPanel::updateSwitches()
{
    const DeviceTree& tree = m_model.tree();
    const bool known = tree.stage != DeviceTree::Stage::Unknown;
    Result<void> moment = m_session->canSetFdSwitches();
    m_model.setSettable(moment);
    const Result<void> offered = !known
        ? failure(ErrorCode::Refused, i18n("set the switch"), {}, i18n("no source has told its devices yet"))
        : tree.canSetGlobal;
    const Result<void> global = offered ? moment : offered;
    const QString tip
        = i18n("The switch for the whole migration: off, everything is migrated in full, even if "
               "devices could pass their descriptors");
    allow(m_globalAction, global, tip);
    const bool on = m_wantedGlobal.value_or(tree.route.on || (known && !offered && tree.route.isCpr()));
    m_globalAction->setChecked(on);
    const QString name = tree.global.exists()
        ? i18nc("the name a VMM has for the switch", "Pass descriptors (%1)", tree.global.name)
        : i18n("Pass descriptors");
    for (QCheckBox* box : std::as_const(m_boxes)) {
        box->setChecked(on);
        box->setEnabled(m_globalAction->isEnabled());
        box->setToolTip(m_globalAction->toolTip());
        box->setAccessibleDescription(m_globalAction->toolTip());
        box->setText(box == m_global ? name : i18n("Pass fds"));
    }
    const QString note = known && !offered ? offered.error().cause : QString();
    m_globalNote->setText(note);
    m_globalNote->setToolTip(note);
    m_globalNote->setVisible(!note.isEmpty());

    const QString device = m_view->currentIndex().data(DeviceModel::DeviceRole).toString();
    allow(m_deviceAction, m_model.canSwitch(device),
        i18n("Switch the passing of the selected device’s descriptors on or off"));
    m_expandAction->setEnabled(known);
    m_expandAction->setToolTip(
        known ? i18n("Opens or closes every device of the tree") : i18n("There are no devices yet"));
}

void DevicesPanel::updateDetail()
{
    const QModelIndex current = m_view->currentIndex();
    m_detail->setText(current.isValid()
            ? current.data(DeviceModel::DetailRole).toString()
            : i18n("Select a device or a descriptor to read what happens to it."));
    m_detail->setAccessibleDescription(m_detail->text());
}

void DevicesPanel::showRefusal()
{
    const DeviceTree& tree = m_model.tree();
    // What the user has closed is not said a second time.
    const auto sayOnce = [this](const QString& text) {
        if (m_message->text() != text.trimmed())
            say(text);
    };
    if (tree.refusal) {
        const SwitchRefusal& refusal = *tree.refusal;
        const QString side = refusal.side == Side::Source ? i18n("The source") : i18n("The destination");
        const QString value = refusal.on ? i18nc("a switch", "on") : i18nc("a switch", "off");
        const QString text = refusal.device.isEmpty()
            ? i18nc("side, switch, on or off, cause", "%1 did not set %2 to %3: %4.", side, refusal.property,
                  value, refusal.cause)
            : i18nc("side, switch, device, on or off, cause", "%1 did not set %2 of %3 to %4: %5.", side,
                  refusal.property, refusal.device, value, refusal.cause);
        sayOnce(text + u'\n' + refusal.remedy);
    } else if (tree.refusedRoute.effect == op::FdEffect::Refused) {
        sayOnce(i18nc("cause", "A migration would be refused: %1.", tree.refusedRoute.reason) + u'\n'
            + tree.refusedRoute.remedy);
    } else {
        m_message->hide();
        m_message->setText({});
    }
}

void DevicesPanel::say(const QString& text)
{
    m_message->setText(text.trimmed());
    m_message->setAccessibleDescription(m_message->text());
    m_message->show();
}

} // namespace cutover::ui
