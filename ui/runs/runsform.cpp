// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runsform.h"

#include "start/modechooser.h"
#include "widgets/styles.h"

#include <KLocalizedString>

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFocusEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QScrollArea>
#include <QSpinBox>
#include <QStandardPaths>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace cutover::ui {

using runs::Settings;

static constexpr int largestRamMiB = 1 << 20;

/// What a choice of the box "VMM" means.
struct VmmChoice
{
    Settings::Vmm vmm = Settings::Vmm::Embedded;
    QString binary; ///< of a lab
    bool isOwn = false;
};

static void name(QWidget* field, const QString& id, const QString& accessible)
{
    field->setObjectName(id);
    field->setAccessibleName(accessible);
}

RunsForm::RunsForm(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(u"runsForm"_s);
    auto* top = new QHBoxLayout;
    top->addWidget(makeList(), 1);
    top->addWidget(makeFields(), 3);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addLayout(top, 1);
    layout->addWidget(makeSeries());
    connect(&m_model, &QAbstractItemModel::dataChanged, this, &RunsForm::updateFields);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &RunsForm::updateFields);
    connect(&m_model, &QAbstractItemModel::rowsRemoved, this, &RunsForm::updateFields);
    connect(&m_model, &QAbstractItemModel::modelReset, this, [this] { chooseSet(0); });
    chooseSet(0);
}

QWidget* RunsForm::makeList()
{
    auto* group = new QWidget(this);
    m_list = new QListView(group);
    m_list->setModel(&m_model);
    m_list->setUniformItemSizes(true);
    name(m_list, u"runsSets"_s, i18n("Sets of runs"));
    m_add = new QPushButton(QIcon::fromTheme(u"list-add"_s), i18n("Add a Set"), group);
    m_add->setObjectName(u"runsAddSet"_s);
    m_add->setToolTip(i18n("A copy of the chosen one, to change one thing of it"));
    m_remove = new QPushButton(QIcon::fromTheme(u"list-remove"_s), i18n("Remove"), group);
    m_remove->setObjectName(u"runsRemoveSet"_s);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_add);
    buttons->addWidget(m_remove);
    auto* layout = new QVBoxLayout(group);
    layout->setContentsMargins({});
    layout->addWidget(m_list, 1);
    layout->addLayout(buttons);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &RunsForm::show);
    connect(m_add, &QPushButton::clicked, this, [this] {
        if (const int added = m_model.addCopy(row()); added >= 0) {
            chooseSet(added);
            m_name->setFocus(Qt::OtherFocusReason);
            m_name->selectAll();
        }
    });
    connect(m_remove, &QPushButton::clicked, this, [this] { m_model.remove(row()); });
    return group;
}

void RunsForm::addProgramFields(QFormLayout* form)
{
    m_name = new QLineEdit(this);
    m_name->setMaxLength(runs::maxSetName);
    name(m_name, u"runsName"_s, i18n("Name of the set"));
    form->addRow(i18n("&Name:"), m_name);
    m_vmm = new QComboBox(this);
    name(m_vmm, u"runsVmm"_s, i18n("VMM that is updated"));
    const auto add = [this](const QString& text, const VmmChoice& choice) {
        m_vmm->addItem(text, QVariant::fromValue(choice));
    };
    add(i18n("Embedded VMM, in a lab"), {});
    add(i18n("QEMU, in a lab"), { .vmm = Settings::Vmm::Qemu, .binary = {} });
    for (const QString& program : { u"qemu-system-x86_64-11.1"_s, u"qemu-system-x86_64-10.0"_s }) {
        if (!QStandardPaths::findExecutable(program).isEmpty())
            add(i18nc("program", "%1, in a lab", program), { .vmm = Settings::Vmm::Qemu, .binary = program });
    }
    add(i18n("Your own QEMU"), { .vmm = Settings::Vmm::Qemu, .binary = {}, .isOwn = true });
    add(i18n("Your own embedded VMM"), { .vmm = Settings::Vmm::Embedded, .binary = {}, .isOwn = true });
    form->addRow(i18n("&VMM:"), m_vmm);
    m_source = new QLineEdit(this);
    m_source->setPlaceholderText(i18n("qmp:PATH or pid:N"));
    m_source->setToolTip(i18n("Its guest is moved again and again, from process to process"));
    name(m_source, u"runsSource"_s, i18n("Your own VMM: qmp:PATH or pid:N"));
    form->addRow(i18n("&Source:"), m_source);
    m_newBinary = new QLineEdit(this);
    m_newBinary->setPlaceholderText(i18n("the same as the source’s"));
    name(m_newBinary, u"runsNewBinary"_s, i18n("Program of the destination"));
    form->addRow(i18n("New &program:"), m_newBinary);
}

void RunsForm::addHandoverFields(QFormLayout* form)
{
    m_mode = new QComboBox(this);
    addModes(m_mode);
    m_mode->setObjectName(u"runsMode"_s);
    form->addRow(i18n("&Mode:"), m_mode);
    m_handover = new QComboBox(this);
    name(m_handover, u"runsHandover"_s, i18n("Handover policy"));
    m_handover->setToolTip(
        i18n("The order of stop, release, passing descriptors and taking over. A QEMU has its "
             "own, late-stop; for early-stop it is stopped before the migration."));
    m_handover->addItem(i18n("the VMM’s own"), QString());
    for (const QString& policy : { u"prepared"_s, u"early-stop"_s, u"late-stop"_s })
        m_handover->addItem(policy, policy);
    form->addRow(i18n("&Handover:"), m_handover);
    m_fds = new QCheckBox(i18n("Pass descriptors (migrate-&fds)"), this);
    m_fds->setObjectName(u"runsFds"_s);
    form->addRow(QString(), m_fds);
    m_ram = new QSpinBox(this);
    m_ram->setRange(1, largestRamMiB);
    m_ram->setSuffix(i18nc("unit", " MiB"));
    name(m_ram, u"runsRam"_s, i18n("Memory of a lab’s guest"));
    form->addRow(i18n("&RAM:"), m_ram);
    m_load = new QComboBox(this);
    name(m_load, u"runsLoad"_s, i18n("What the embedded VMM’s guest does meanwhile"));
    m_load->addItems({ i18n("nothing but its heartbeat"), i18n("writes memory and disk"),
        i18n("writes as fast as it can") });
    form->addRow(i18n("&Load:"), m_load);
    m_text = new QLineEdit(this);
    m_text->setToolTip(i18n("The whole set, as “cutoverctl runs --set” takes it. What has no field here is "
                            "written there, as queues=4 or accel=kvm."));
    name(m_text, u"runsText"_s, i18n("The set as text"));
    form->addRow(i18n("As te&xt:"), m_text);
    m_problem = textLabel(this, i18n("What is wrong with the set"));
    m_problem->setObjectName(u"runsProblem"_s);
    form->addRow(m_problem);
}

QWidget* RunsForm::makeFields()
{
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    auto* fields = new QWidget(area);
    auto* columns = new QHBoxLayout(fields);
    columns->setContentsMargins({});
    auto* first = new QFormLayout;
    auto* second = new QFormLayout;
    addProgramFields(first);
    addHandoverFields(second);
    columns->addLayout(first, 1);
    columns->addLayout(second, 1);
    area->setWidget(fields);
    for (QLineEdit* edit : { m_name, m_source, m_newBinary })
        connect(edit, &QLineEdit::textEdited, this, &RunsForm::take);
    for (QComboBox* box : { m_vmm, m_mode, m_handover, m_load })
        connect(box, &QComboBox::currentIndexChanged, this, &RunsForm::take);
    connect(m_fds, &QCheckBox::toggled, this, &RunsForm::take);
    connect(m_ram, &QSpinBox::valueChanged, this, &RunsForm::take);
    connect(m_text, &QLineEdit::editingFinished, this, &RunsForm::takeText);
    return area;
}

QWidget* RunsForm::makeSeries()
{
    auto* group = new QWidget(this);
    m_count = new QSpinBox(group);
    m_count->setRange(1, runs::maxCount);
    m_count->setValue(RunSeries::Plan().count);
    name(m_count, u"runsCount"_s, i18n("Runs of each set"));
    m_keep = new QComboBox(group);
    name(m_keep, u"runsKeep"_s, i18n("Which recordings are kept"));
    m_keep->addItem(i18n("all, until the window closes"), int(RunSeries::Keep::UntilClosed));
    m_keep->addItem(i18n("all, in a folder:"), int(RunSeries::Keep::InFolder));
    m_keep->addItem(i18n("of slowest, middle and failed runs"), int(RunSeries::Keep::Some));
    m_folder = new QLineEdit(group);
    name(m_folder, u"runsFolder"_s, i18n("Folder for the recordings of all runs"));
    auto* browse = new QPushButton(QIcon::fromTheme(u"folder-open"_s), i18n("Choose…"), group);
    browse->setAccessibleName(i18n("Choose the folder for the recordings"));
    auto* row = new QHBoxLayout(group);
    row->setContentsMargins({});
    const auto labelled = [&](const QString& text, QWidget* field) {
        auto* label = new QLabel(text, group);
        label->setBuddy(field);
        row->addWidget(label);
        row->addWidget(field);
    };
    labelled(i18n("Runs of &each set:"), m_count);
    labelled(i18n("&Keep recordings:"), m_keep);
    row->addWidget(m_folder, 1);
    row->addWidget(browse);
    row->addStretch();
    const auto update = [this, browse] {
        const bool folder = m_keep->currentData().toInt() == int(RunSeries::Keep::InFolder);
        m_folder->setVisible(folder);
        browse->setVisible(folder);
        Q_EMIT changed();
    };
    connect(m_keep, &QComboBox::currentIndexChanged, this, update);
    connect(m_folder, &QLineEdit::textChanged, this, &RunsForm::changed);
    connect(browse, &QPushButton::clicked, this, &RunsForm::chooseFolder);
    update();
    return group;
}

void RunsForm::chooseFolder()
{
    auto* dialog = new QFileDialog(window(), i18n("Folder for the Recordings"), m_folder->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, m_folder, &QLineEdit::setText);
    dialog->open();
}

void RunsForm::focusInEvent(QFocusEvent* event)
{
    m_list->setFocus(event->reason());
}

int RunsForm::row() const
{
    return m_list->currentIndex().row();
}

void RunsForm::chooseSet(int row)
{
    m_list->setCurrentIndex(m_model.index(row));
    show();
}

void RunsForm::show()
{
    if (row() < 0)
        return;
    const QScopedValueRollback showing(m_showing, true);
    const Settings& set = m_model.sets()[static_cast<std::size_t>(row())];
    m_name->setText(set.name);
    int vmm = -1;
    for (int i = 0; i < m_vmm->count(); ++i) {
        const auto choice = m_vmm->itemData(i).value<VmmChoice>();
        if (choice.vmm == set.vmm && choice.isOwn != set.isLab()
            && (choice.isOwn || choice.binary == set.binary))
            vmm = i;
    }
    if (vmm < 0) {
        m_vmm->addItem(i18nc("program", "%1, in a lab", set.binary),
            QVariant::fromValue(VmmChoice{ .vmm = set.vmm, .binary = set.binary }));
        vmm = m_vmm->count() - 1;
    }
    m_vmm->setCurrentIndex(vmm);
    m_source->setText(runs::toJson(set)["source"_L1].toString());
    m_newBinary->setText(set.newBinary);
    m_mode->setCurrentIndex(m_mode->findData(set.mode));
    m_handover->setCurrentIndex(m_handover->findData(set.handover));
    m_fds->setChecked(set.migrateFds);
    m_ram->setValue(static_cast<int>(set.ramBytes >> 20));
    m_load->setCurrentIndex(static_cast<int>(set.load));
    updateFields();
}

void RunsForm::take()
{
    if (m_showing || row() < 0)
        return;
    Settings set = m_model.sets()[static_cast<std::size_t>(row())];
    const auto choice = m_vmm->currentData().value<VmmChoice>();
    set.name = m_name->text().trimmed();
    set.vmm = choice.vmm;
    set.binary = choice.binary;
    set.source = {};
    if (choice.isOwn) {
        // An own VMM without a source that could be read stays one: with a path that does not exist.
        const auto read
            = runs::settingsFromText(u"-:source="_s + m_source->text().trimmed().replace(u","_s, u",,"_s));
        set.source = read ? read->source : op::SourceSpec{ .qmpPath = m_source->text().trimmed(), .pid = -1 };
        set.accelerator.clear();
    }
    set.newBinary = choice.isOwn ? QString() : m_newBinary->text().trimmed();
    set.mode = m_mode->currentData().toString();
    set.handover = m_handover->currentData().toString();
    set.migrateFds = m_fds->isChecked();
    set.ramBytes = qint64{ m_ram->value() } << 20;
    set.load = choice.vmm == Settings::Vmm::Qemu ? Settings().load : runs::Load(m_load->currentIndex());
    if (choice.vmm == Settings::Vmm::Qemu) {
        set.queues = Settings().queues;
        set.devices = Settings().devices;
    } else {
        set.guarded = true;
    }
    m_model.change(row(), set);
}

void RunsForm::takeText()
{
    if (m_showing || row() < 0 || !m_text->isModified())
        return;
    const auto set = runs::settingsFromText(m_text->text());
    if (!set) {
        m_problem->setText(set.error().cause + u". "_s + set.error().remedy);
        return;
    }
    m_text->setModified(false);
    m_model.change(row(), *set);
    show();
}

void RunsForm::updateFields()
{
    if (row() < 0)
        return;
    const Settings& set = m_model.sets()[static_cast<std::size_t>(row())];
    const auto choice = m_vmm->currentData().value<VmmChoice>();
    m_source->setEnabled(choice.isOwn);
    m_newBinary->setEnabled(!choice.isOwn);
    m_ram->setEnabled(!choice.isOwn);
    m_load->setEnabled(choice.vmm == Settings::Vmm::Embedded);
    m_remove->setEnabled(m_model.rowCount() > 1);
    m_add->setEnabled(m_model.rowCount() < runs::maxSets);
    m_text->setText(runs::settingsText(set));
    const auto checked = check();
    m_problem->setText(checked ? QString() : checked.error().cause + u". "_s + checked.error().remedy);
    Q_EMIT changed();
}

Result<void> RunsForm::check() const
{
    for (int i = 0; i < m_model.rowCount(); ++i) {
        const Settings& set = m_model.sets()[static_cast<std::size_t>(i)];
        if (auto checked = m_model.check(i); !checked)
            return checked;
        if (set.source.pid < 0)
            return failure(ErrorCode::InvalidArgument, i18n("understand the set"), {},
                i18nc("name of a set", "the VMM of '%1' is not given", set.name),
                i18n("Write qmp:PATH or pid:N as its source."));
    }
    if (plan().keep == RunSeries::Keep::InFolder && plan().folder.isEmpty())
        return failure(ErrorCode::InvalidArgument, i18n("begin the runs"), {},
            i18n("no folder is given for the recordings"), i18n("Choose one."));
    return {};
}

RunSeries::Plan RunsForm::plan() const
{
    return { .sets = m_model.sets(),
        .count = m_count->value(),
        .keep = RunSeries::Keep(m_keep->currentData().toInt()),
        .folder = m_folder->text().trimmed() };
}

} // namespace cutover::ui
