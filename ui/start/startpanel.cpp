// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/startpanel.h"

#include "actions.h"
#include "panels/tablepanel.h"
#include "start/destinationchooser.h"
#include "start/modechooser.h"
#include "start/sourcechooser.h"
#include "widgets/actionbutton.h"
#include "widgets/failurebox.h"

#include <KLocalizedString>

#include <QAction>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QFocusEvent>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QStandardPaths>
#include <QTreeView>
#include <QVBoxLayout>

#include <sys/stat.h>

namespace cutover::ui {

using namespace Qt::StringLiterals;

StartPanel::StartPanel(VmmWatch::Source discover, QWidget* parent)
    : QWidget(parent)
{
    setObjectName(u"startPanel"_s);
    setAcceptDrops(true);
    auto* content = new QWidget(this);
    auto* columns = new QHBoxLayout;
    auto* left = new QVBoxLayout;
    left->addWidget(makeSource(std::move(discover)), 3);
    left->addWidget(makeRecent(), 2);
    auto* right = new QVBoxLayout;
    right->addWidget(makeDestination(), 1);
    right->addWidget(makeMode());
    columns->addLayout(left, 3);
    columns->addLayout(right, 2);
    auto* rows = new QVBoxLayout(content);
    rows->setContentsMargins({});
    rows->addWidget(makeTitle());
    rows->addLayout(columns, 1);
    rows->addWidget(makeOthers());

    // With a large font on a small screen.
    auto* area = new QScrollArea(this);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(content);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(area);
    updateButtons();
}

QWidget* StartPanel::makeTitle()
{
    auto* title = new QLabel(this);
    title->setTextFormat(Qt::RichText);
    title->setText(
        i18n("<b>Move a running guest to a new VMM process.</b> Choose the VMM that has the guest, "
             "choose where it shall go, then connect: that only looks, and changes nothing."));
    title->setWordWrap(true);
    return title;
}

QWidget* StartPanel::makeSource(VmmWatch::Source discover)
{
    auto* group = new QGroupBox(i18n("Source: the VMM that has the guest"), this);
    m_source = new SourceChooser(std::move(discover), &m_versions, group);
    m_sourceFailure = new FailureBox(group);
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(m_sourceFailure);
    layout->addWidget(m_source, 1);
    connect(m_source, &SourceChooser::changed, this, &StartPanel::updateSource);
    connect(m_source, &SourceChooser::accepted, this, &StartPanel::requestConnect);
    connect(m_source, &SourceChooser::destinationChosen, this,
        [this](const op::DestinationSpec& destination) { m_destination->setDestination(destination); });
    return group;
}

QWidget* StartPanel::makeRecent()
{
    auto* group = new QGroupBox(i18n("Recent sessions"), this);
    m_recentTable = new TablePanel(i18n("Recent sessions"),
        i18n("What you have connected to appears here: choose it again, or press Enter to connect."),
        &m_recent, group);
    m_recentTable->setColumnWidths({ 20, 26, 18, 24 });
    QTreeView* view = m_recentTable->view();
    view->setObjectName(u"recentTable"_s);
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(m_recentTable);
    connect(view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        [this] { chooseRecent(false); });
    connect(view, &QTreeView::activated, this, [this] { chooseRecent(true); });
    return group;
}

QWidget* StartPanel::makeDestination()
{
    auto* group = new QGroupBox(i18n("Destination: the VMM that gets it"), this);
    m_destination = new DestinationChooser(&m_versions, group);
    m_destinationFailure = new FailureBox(group);
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(m_destinationFailure);
    layout->addWidget(m_destination, 1);
    connect(m_destination, &DestinationChooser::changed, this, &StartPanel::updateButtons);
    return group;
}

QWidget* StartPanel::makeMode()
{
    auto* group = new QGroupBox(i18n("How it is moved"), this);
    m_mode = new ModeChooser(group);
    m_connect = new QPushButton(QIcon::fromTheme(u"network-connect"_s), i18n("C&onnect and Check"), group);
    m_connect->setObjectName(u"connectButton"_s);
    QFont bold = m_connect->font();
    bold.setBold(true);
    m_connect->setFont(bold);
    m_connect->setMinimumHeight(fontMetrics().height() * 2);
    m_connect->setDefault(true);
    m_parameters = new QWidget(group);
    m_parameterText = new QLabel(m_parameters);
    m_parameterText->setObjectName(u"startParameters"_s);
    m_parameterText->setAccessibleName(i18n("Migration parameters"));
    m_parameterText->setWordWrap(true);
    auto* drop = new QPushButton(QIcon::fromTheme(u"edit-clear"_s), i18n("&Drop"), m_parameters);
    drop->setObjectName(u"startParametersDrop"_s);
    drop->setAccessibleName(i18n("Drop the migration parameters"));
    auto* row = new QHBoxLayout(m_parameters);
    row->setContentsMargins({});
    row->addWidget(m_parameterText, 1);
    row->addWidget(drop);
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(m_mode);
    layout->addWidget(m_parameters);
    layout->addWidget(m_connect);
    connect(drop, &QPushButton::clicked, this, [this] {
        m_base.parameters = {};
        updateButtons();
    });
    connect(m_mode, &ModeChooser::changed, this, &StartPanel::updateButtons);
    connect(m_connect, &QPushButton::clicked, this, &StartPanel::requestConnect);
    return group;
}

QWidget* StartPanel::makeOthers()
{
    auto* group = new QGroupBox(i18n("Without a VMM of your own"), this);
    m_labBinary = new QComboBox(group);
    m_labBinary->setObjectName(u"labBinary"_s);
    m_labBinary->setAccessibleName(i18n("Program of the pair"));
    m_labBinary->addItem(i18n("Embedded VMM, with a network and a disk"), u"cutover-vmm"_s);
    for (const QString& program :
        { u"qemu-system-x86_64"_s, u"qemu-system-x86_64-11.1"_s, u"qemu-system-x86_64-10.0"_s }) {
        if (!QStandardPaths::findExecutable(program).isEmpty())
            m_labBinary->addItem(program, program);
    }
    m_lab = new QPushButton(group);
    m_lab->setObjectName(u"labButton"_s);
    m_lab->setIcon(QIcon::fromTheme(u"media-playback-start"_s));
    m_others = new QHBoxLayout(group);
    m_others->addWidget(m_labBinary);
    m_others->addWidget(m_lab);
    m_others->addStretch(1);
    setBusy(false);
    connect(m_lab, &QPushButton::clicked, this, [this] { Q_EMIT labRequested(labBinary()); });
    return group;
}

void StartPanel::addActions(Actions& actions)
{
    const QString group = i18n("Session");
    QAction* look = actions.add(group, u"start_look"_s, i18n("Look for Running VMMs"), u"view-refresh"_s,
        Qt::CTRL | Qt::SHIFT | Qt::Key_R, this);
    look->setToolTip(i18n("The list of the start page is refreshed by itself; this does it at once"));
    connect(look, &QAction::triggered, this, &StartPanel::refresh);
    QAction* forget = actions.add(group, u"start_forget"_s, i18n("Clear the Recent Sessions"),
        u"edit-clear-history"_s, Qt::CTRL | Qt::SHIFT | Qt::Key_Delete, this);
    forget->setToolTip(i18n("Forgets what was connected to; no VMM is touched"));
    connect(forget, &QAction::triggered, &m_recent, &RecentSessions::clear);
}

void StartPanel::offerActions(const Actions& actions)
{
    for (const QString& id : { u"recording_open"_s, u"help_demo"_s }) {
        QAction* action = actions.find(id);
        if (!action)
            continue;
        auto* button = new ActionButton(this);
        button->setAction(action);
        m_others->addWidget(button);
    }
}

void StartPanel::focusInEvent(QFocusEvent* event)
{
    m_source->takeFocus(event->reason());
}

/// The socket that is dragged; empty for anything else.
static QString draggedSocket(const QMimeData* data)
{
    const QList<QUrl> urls = data->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return {};
    const QString path = urls.first().toLocalFile();
    struct stat status{};
    const bool isSocket
        = ::stat(QFile::encodeName(path).constData(), &status) == 0 && S_ISSOCK(status.st_mode);
    return isSocket ? path : QString();
}

void StartPanel::dragEnterEvent(QDragEnterEvent* event)
{
    // Recordings are for the window.
    if (draggedSocket(event->mimeData()).isEmpty())
        event->ignore();
    else
        event->acceptProposedAction();
}

void StartPanel::dropEvent(QDropEvent* event)
{
    setSource(draggedSocket(event->mimeData()));
    event->acceptProposedAction();
}

void StartPanel::refresh()
{
    m_source->look();
}

void StartPanel::setSource(const QString& qmpPath)
{
    m_source->setSource({ .qmpPath = qmpPath, .pid = 0 });
}

void StartPanel::setRequest(const op::SessionRequest& request)
{
    m_base = request;
    m_source->setSource(request.source);
    m_mode->setRequest(request);
    m_destination->setMode(request.mode, request.guarded);
    m_destination->setDestination(request.destination);
    updateButtons();
}

void StartPanel::setDefaults(const op::SessionRequest& defaults)
{
    m_defaults = m_base = defaults;
    m_mode->setRequest(defaults);
    updateButtons();
}

QString StartPanel::labBinary() const
{
    return m_labBinary->currentData().toString();
}

void StartPanel::setBusy(bool busy)
{
    m_busy = busy;
    m_lab->setText(busy ? i18n("Starting…") : i18n("Start a &Pair to Try It On"));
    updateButtons();
}

void StartPanel::showFailure(const op::Failure& failure)
{
    clearFailure();
    FailureBox* box = failure.side == Side::Destination ? m_destinationFailure : m_sourceFailure;
    box->showFailure(failure, FailureBox::Weight::Error);
}

void StartPanel::clearFailure()
{
    m_sourceFailure->clear();
    m_destinationFailure->clear();
}

Result<op::SessionRequest> StartPanel::request() const
{
    if (m_busy)
        return failure(ErrorCode::Busy, i18n("connect"), {}, i18n("a pair is being started"));
    const auto source = m_source->source();
    if (!source)
        return std::unexpected(source.error());
    if (const auto usable = m_destination->usable(); !usable)
        return std::unexpected(usable.error());
    op::SessionRequest request = m_base;
    request.source = *source;
    m_mode->fill(request);
    request.destination = m_destination->destination();
    return request;
}

void StartPanel::updateSource()
{
    // The parameters of a recent session are not meant for another source.
    const auto source = m_source->source();
    if (!source || source->qmpPath != m_base.source.qmpPath || source->pid != m_base.source.pid)
        m_base = m_defaults;
    if (const op::DiscoveredVmm* vmm = m_source->vmm())
        m_destination->setSource(vmm->name, vmm->argv);
    else
        m_destination->setSource({}, {});
    updateButtons();
}

void StartPanel::updateButtons()
{
    if (!m_connect || !m_lab)
        return;
    op::SessionRequest modes;
    m_mode->fill(modes);
    m_destination->setMode(modes.mode, modes.guarded);
    m_mode->setAttached(m_destination->destination().kind == op::DestinationSpec::Kind::Attach);
    QStringList parameters;
    for (auto it = m_base.parameters.constBegin(); it != m_base.parameters.constEnd(); ++it)
        parameters << it.key() + u" = "_s + it.value().toVariant().toString();
    m_parameterText->setText(i18n("With %1.", parameters.join(u", "_s)));
    m_parameters->setVisible(!parameters.isEmpty());
    const auto ready = request();
    m_connect->setEnabled(ready.has_value());
    m_connect->setToolTip(ready ? i18n("Connects and looks for what could go wrong. Changes nothing.")
                                : i18n("Not yet: %1.", ready.error().cause));
    m_connect->setAccessibleDescription(m_connect->toolTip());
    m_lab->setEnabled(!m_busy);
    m_lab->setToolTip(
        i18n("Starts a busy guest in a private folder and connects to it; it ends with this window"));
}

void StartPanel::requestConnect()
{
    const auto wanted = request();
    if (!wanted)
        return;
    clearFailure();
    m_destination->remember();
    Q_EMIT connectRequested(*wanted);
}

void StartPanel::chooseRecent(bool connectAtOnce)
{
    const QModelIndexList rows = m_recentTable->view()->selectionModel()->selectedRows();
    if (rows.isEmpty())
        return;
    setRequest(m_recent.session(rows.first().row()).request);
    if (connectAtOnce)
        requestConnect();
}

} // namespace cutover::ui
