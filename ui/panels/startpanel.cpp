// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/startpanel.h"

#include "panels/tablepanel.h"

#include <KLocalizedString>

#include <QComboBox>
#include <QFileInfo>
#include <QFocusEvent>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QShowEvent>
#include <QStandardPaths>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

StartPanel::StartPanel(Discover discover, QWidget* parent)
    : QWidget(parent)
    , m_discover(std::move(discover))
{
    setObjectName(QStringLiteral("startPanel"));
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins({});
    columns->addWidget(makeSource(), 3);
    auto* right = new QVBoxLayout;
    right->addWidget(makeDestination());
    right->addWidget(makeLab());
    right->addStretch(1);
    columns->addLayout(right, 2);
    updateButtons();
}

QWidget* StartPanel::makeSource()
{
    auto* group = new QGroupBox(i18n("Source: the VMM that has the guest"), this);
    m_table = new TablePanel(i18n("Running VMMs"),
        i18n("No running VMM with a QMP monitor was found for this user. Type the path of a QMP socket "
             "below, or start a lab pair."),
        &m_vmms, group);
    m_table->setColumnWidths({ 18, 24, 9, 24, 20 });
    m_path = new QLineEdit(group);
    m_path->setObjectName(QStringLiteral("sourcePath"));
    m_path->setPlaceholderText(i18n("/run/…/qmp.sock"));
    m_path->setClearButtonEnabled(true);
    m_path->setAccessibleName(i18n("QMP socket of the source"));
    auto* pathLabel = new QLabel(i18n("QMP &socket:"), group);
    pathLabel->setBuddy(m_path);
    auto* again
        = new QPushButton(QIcon::fromTheme(QStringLiteral("view-refresh")), i18n("Look &Again"), group);
    again->setAccessibleName(i18n("Look for running VMMs again"));
    m_connect = new QPushButton(
        QIcon::fromTheme(QStringLiteral("network-connect")), i18n("C&onnect and Check"), group);
    m_connect->setObjectName(QStringLiteral("connectButton"));
    m_hint = new QLabel(group);
    m_hint->setWordWrap(true);

    auto* row = new QHBoxLayout;
    row->addWidget(pathLabel);
    row->addWidget(m_path, 1);
    row->addWidget(again);
    row->addWidget(m_connect);
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(m_table, 1);
    layout->addLayout(row);
    layout->addWidget(m_hint);

    // Not the current row: that one changes with the focus alone.
    connect(m_table->view()->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        [this] { chooseRow(m_table->view()->selectionModel()->selectedRows().value(0)); });
    connect(m_table->view(), &QTreeView::activated, this, &StartPanel::requestConnect);
    connect(m_path, &QLineEdit::textChanged, this, &StartPanel::updateButtons);
    connect(m_path, &QLineEdit::returnPressed, this, &StartPanel::requestConnect);
    connect(again, &QPushButton::clicked, this, &StartPanel::refresh);
    connect(m_connect, &QPushButton::clicked, this, &StartPanel::requestConnect);
    return group;
}

static QLineEdit* field(QFormLayout* form, const QString& label, const QString& hint)
{
    auto* edit = new QLineEdit;
    edit->setPlaceholderText(hint);
    edit->setClearButtonEnabled(true);
    edit->setAccessibleName(QString(label).remove(u'&').remove(u':'));
    form->addRow(label, edit);
    return edit;
}

QWidget* StartPanel::makeDestination()
{
    auto* group = new QGroupBox(i18n("Destination: the VMM that gets it"), this);
    m_kind = new QComboBox(group);
    m_kind->addItem(
        i18n("Derived from the source’s command line"), static_cast<int>(op::DestinationSpec::Kind::Derive));
    m_kind->addItem(i18n("Started by you"), static_cast<int>(op::DestinationSpec::Kind::Attach));
    m_kind->setAccessibleName(i18n("How the destination comes to be"));
    auto* form = new QFormLayout(group);
    form->addRow(i18n("&How:"), m_kind);

    auto* derive = new QWidget(group);
    auto* deriveForm = new QFormLayout(derive);
    deriveForm->setContentsMargins({});
    m_binary = field(deriveForm, i18n("&Program:"), i18n("the same as the source’s"));
    form->addRow(derive);

    m_attach = new QWidget(group);
    auto* attachForm = new QFormLayout(m_attach);
    attachForm->setContentsMargins({});
    m_destinationQmp
        = field(attachForm, i18n("QMP soc&ket:"), i18n("appears once it has read its CPR state"));
    m_destinationCpr = field(attachForm, i18n("CPR &channel:"), i18n("the socket of its -incoming cpr,…"));
    form->addRow(m_attach);
    m_attach->hide();
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this, derive](int index) {
        derive->setVisible(index == 0);
        m_attach->setVisible(index == 1);
        updateButtons();
    });
    for (QLineEdit* edit : { m_destinationQmp, m_destinationCpr })
        connect(edit, &QLineEdit::textChanged, this, &StartPanel::updateButtons);
    return group;
}

QWidget* StartPanel::makeLab()
{
    auto* group = new QGroupBox(i18n("Or try it on a lab pair"), this);
    m_labBinary = new QComboBox(group);
    m_labBinary->setAccessibleName(i18n("Program of the pair"));
    m_labBinary->addItem(i18n("Embedded VMM, with network and disk"), QStringLiteral("cutover-vmm"));
    for (const QString& name :
        { QStringLiteral("qemu-system-x86_64-11.1"), QStringLiteral("qemu-system-x86_64") }) {
        if (!QStandardPaths::findExecutable(name).isEmpty())
            m_labBinary->addItem(name, name);
    }
    auto* text = new QLabel(
        i18n("Starts a busy guest in a private folder and network. It ends with this window."), group);
    text->setWordWrap(true);
    m_lab = new QPushButton(
        QIcon::fromTheme(QStringLiteral("media-playback-start")), i18n("Start a &Lab Pair"), group);
    m_lab->setObjectName(QStringLiteral("labButton"));
    auto* layout = new QVBoxLayout(group);
    layout->addWidget(text);
    layout->addWidget(m_labBinary);
    layout->addWidget(m_lab);
    connect(m_lab, &QPushButton::clicked, this, [this] { Q_EMIT labRequested(labBinary()); });
    return group;
}

void StartPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!event->spontaneous())
        refresh();
}

void StartPanel::focusInEvent(QFocusEvent* event)
{
    m_path->setFocus(event->reason());
}

void StartPanel::refresh()
{
    m_vmms.setVmms(m_discover());
    const int count = m_vmms.rowCount();
    m_table->setSummary(count > 0 ? i18np("%1 running VMM", "%1 running VMMs", count) : QString());
    // The only one is the likely one, and connecting changes nothing.
    if (count == 1 && m_path->text().isEmpty())
        m_table->view()->setCurrentIndex(m_vmms.index(0, 0));
    updateButtons();
}

void StartPanel::setSource(const QString& qmpPath)
{
    m_path->setText(qmpPath);
}

QString StartPanel::labBinary() const
{
    return m_labBinary->currentData().toString();
}

void StartPanel::setBusy(bool busy)
{
    m_busy = busy;
    m_lab->setText(busy ? i18n("Starting…") : i18n("Start a &Lab Pair"));
    updateButtons();
}

void StartPanel::chooseRow(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    const op::DiscoveredVmm& vmm = m_vmms.vmm(index.row());
    const op::DiscoveredMonitor* monitor = vmm.usableMonitor();
    m_path->setText(monitor ? monitor->path : QString());
    m_hint->setText(monitor ? QString() : i18n("%1: %2.", vmm.name, attachText(vmm)));
}

void StartPanel::updateButtons()
{
    if (!m_connect || !m_lab)
        return;
    const bool attach = m_kind->currentIndex() == 1;
    QString reason;
    if (m_busy)
        reason = i18n("A lab pair is being started.");
    else if (m_path->text().trimmed().isEmpty())
        reason = i18n("Choose a VMM or type the path of its QMP socket first.");
    else if (attach && m_destinationQmp->text().trimmed().isEmpty())
        reason = i18n("Type the path of the destination’s QMP socket first.");
    m_connect->setEnabled(reason.isEmpty());
    m_connect->setToolTip(
        reason.isEmpty() ? i18n("Connects and looks for what could go wrong. Changes nothing.") : reason);
    m_lab->setEnabled(!m_busy);
}

void StartPanel::requestConnect()
{
    if (!m_connect->isEnabled())
        return;
    op::SessionRequest request;
    request.source.qmpPath = m_path->text().trimmed();
    request.destination.kind = static_cast<op::DestinationSpec::Kind>(m_kind->currentData().toInt());
    if (request.destination.kind == op::DestinationSpec::Kind::Attach) {
        request.destination.qmpPath = m_destinationQmp->text().trimmed();
        request.destination.cprPath = m_destinationCpr->text().trimmed();
    } else {
        request.destination.binary = m_binary->text().trimmed();
    }
    Q_EMIT connectRequested(request);
}

} // namespace cutover::ui
