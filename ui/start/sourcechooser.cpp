// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/sourcechooser.h"

#include "panels/tablepanel.h"
#include "start/attachhelp.h"
#include "start/programversions.h"

#include <KLocalizedString>

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScopedValueRollback>
#include <QShowEvent>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;

Result<op::SourceSpec> sourceFromText(const QString& text)
{
    const QString attempt = i18n("find the source");
    const QString typed = text.trimmed();
    if (typed.isEmpty())
        return failure(ErrorCode::InvalidArgument, attempt, {},
            i18n("choose a VMM, or type the path of its QMP socket or its process number"));
    const bool saysPath = typed.startsWith(u"qmp:");
    const bool saysPid = typed.startsWith(u"pid:");
    const QString value = saysPath || saysPid ? typed.sliced(4) : typed;
    bool isNumber = false;
    const int number = value.toInt(&isNumber);
    if (saysPid || (isNumber && !saysPath)) {
        if (!isNumber || number <= 0)
            return failure(ErrorCode::InvalidArgument, attempt, typed, i18n("that is no process number"));
        return op::SourceSpec{ .qmpPath = {}, .pid = number };
    }
    if (!value.startsWith(u'/'))
        return failure(
            ErrorCode::InvalidArgument, attempt, typed, i18n("the path has to begin with a slash"));
    return op::SourceSpec{ .qmpPath = value, .pid = 0 };
}

SourceChooser::SourceChooser(VmmWatch::Source discover, ProgramVersions* versions, QWidget* parent)
    : QWidget(parent)
    , m_watch(std::move(discover))
    , m_versions(versions)
    , m_table(new TablePanel(i18n("Running VMMs"),
          i18n("No running VMM with a QMP monitor was found for this user. Type the path of a QMP socket "
               "below, or start a pair to try it on."),
          &m_vmms, this))
    , m_path(new QLineEdit(this))
    , m_hint(new QLabel(this))
{
    m_table->setColumnWidths({ 16, 22, 9, 10, 26, 20 });
    m_table->view()->setObjectName(u"vmmTable"_s);
    m_path->setObjectName(u"sourcePath"_s);
    m_path->setPlaceholderText(i18n("/run/…/qmp.sock, or a process number; or drop a socket here"));
    m_path->setClearButtonEnabled(true);
    m_path->setAccessibleName(i18n("QMP socket or process number of the source"));
    auto* label = new QLabel(i18n("QMP &socket or pid:"), this);
    label->setBuddy(m_path);
    m_hint->setObjectName(u"sourceHint"_s);
    m_hint->setWordWrap(true);
    m_hint->setAccessibleName(i18n("Remark on the source"));

    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_path, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_table, 1);
    layout->addLayout(row);
    layout->addWidget(m_hint);
    updateHint();

    connect(&m_watch, &VmmWatch::found, this, &SourceChooser::setVmms);
    connect(m_versions, &ProgramVersions::answered, this, [this](const QString& program) {
        if (const op::BinaryFacts* facts = m_versions->ask(program); facts && facts->version)
            m_vmms.setVersion(program, shortVersion(*facts));
    });
    // Not the current row: that one changes with the focus alone.
    connect(m_table->view()->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        const op::DiscoveredVmm* chosen = selected();
        if (!chosen || m_updating)
            return;
        choose(*chosen);
        updateHint();
        if (const auto waiting = waitingDestination(*chosen))
            Q_EMIT destinationChosen(*waiting);
    });
    connect(m_table->view(), &QTreeView::activated, this, &SourceChooser::accepted);
    connect(m_path, &QLineEdit::textChanged, this, [this] {
        updateHint();
        Q_EMIT changed();
    });
    connect(m_path, &QLineEdit::returnPressed, this, &SourceChooser::accepted);
}

void SourceChooser::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_watch.start();
}

void SourceChooser::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_watch.stop();
}

void SourceChooser::setVmms(const QList<op::DiscoveredVmm>& vmms)
{
    updateRows(vmms);
    for (const op::DiscoveredVmm& vmm : vmms) {
        const QString program = programToAsk(vmm);
        if (program.isEmpty())
            continue;
        if (const op::BinaryFacts* facts = m_versions->ask(program); facts && facts->version)
            m_vmms.setVersion(program, shortVersion(*facts));
    }
    const int count = m_vmms.rowCount();
    m_table->setSummary(count > 0 ? i18np("%1 running VMM", "%1 running VMMs", count) : QString());
    if (m_first && count > 0)
        chooseFirst();
    else if (const op::DiscoveredVmm* chosen = selected(); chosen && m_path->text().isEmpty())
        choose(*chosen);
    updateHint();
}

/// The view chooses a neighbour for a row that goes; nobody has chosen that one.
void SourceChooser::updateRows(const QList<op::DiscoveredVmm>& vmms)
{
    const op::DiscoveredVmm* before = selected();
    const pid_t pid = before ? before->pid : 0;
    const quint64 startTime = before ? before->startTime : 0;
    const QScopedValueRollback updating(m_updating, true);
    m_vmms.setVmms(vmms);
    if (pid > 0 && m_vmms.rowOf(pid, startTime) < 0)
        m_table->view()->clearSelection();
}

void SourceChooser::chooseFirst()
{
    m_first = false;
    if (!m_path->text().isEmpty())
        return;
    for (int row = 0; row < m_vmms.rowCount(); ++row) {
        if (!m_vmms.vmm(row).usableMonitor())
            continue;
        // The likely one, and connecting changes nothing.
        m_table->view()->setCurrentIndex(m_vmms.index(row, 0));
        if (window()->focusWidget() == m_path)
            m_table->view()->setFocus(Qt::OtherFocusReason);
        return;
    }
}

const op::DiscoveredVmm* SourceChooser::selected() const
{
    const QModelIndexList rows = m_table->view()->selectionModel()->selectedRows();
    return rows.isEmpty() ? nullptr : &m_vmms.vmm(rows.first().row());
}

void SourceChooser::takeFocus(Qt::FocusReason reason)
{
    if (m_vmms.rowCount() > 0)
        m_table->view()->setFocus(reason);
    else
        m_path->setFocus(reason);
}

void SourceChooser::choose(const op::DiscoveredVmm& vmm)
{
    const op::DiscoveredMonitor* monitor = vmm.usableMonitor();
    m_path->setText(monitor ? monitor->path : QString());
}

Result<op::SourceSpec> SourceChooser::source() const
{
    return sourceFromText(m_path->text());
}

void SourceChooser::setSource(const op::SourceSpec& source)
{
    m_first = false;
    m_path->setText(source.pid > 0 ? QString::number(source.pid) : source.qmpPath);
}

const op::DiscoveredVmm* SourceChooser::vmm() const
{
    const auto wanted = source();
    if (!wanted)
        return nullptr;
    for (int row = 0; row < m_vmms.rowCount(); ++row) {
        const op::DiscoveredVmm& vmm = m_vmms.vmm(row);
        const auto isPath
            = [&](const op::DiscoveredMonitor& monitor) { return monitor.path == wanted->qmpPath; };
        if (wanted->pid > 0 ? vmm.pid == wanted->pid : std::ranges::any_of(vmm.monitors, isPath))
            return &vmm;
    }
    return nullptr;
}

void SourceChooser::updateHint()
{
    const bool isTyped = !m_path->text().trimmed().isEmpty();
    const op::DiscoveredVmm* meant = isTyped ? vmm() : selected();
    if (meant && waitingDestination(*meant))
        m_hint->setText(i18n(
            "%1 waits for a guest: it was taken as the destination. Now choose the source.", meant->name));
    else if (meant && !meant->usableMonitor())
        m_hint->setText(i18n("%1 cannot be attached: %2.", meant->name, attachText(*meant)));
    else if (const auto typed = source(); !typed && isTyped)
        m_hint->setText(i18n("Not yet a source: %1.", typed.error().cause));
    else
        m_hint->setText({});
}

} // namespace cutover::ui
