// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "demo/lessonsdialog.h"

#include "demo/director.h"
#include "demo/lessonsmodel.h"

#include <KLocalizedString>

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static QString vmmTitle(lessons::Vmm vmm)
{
    return vmm == lessons::Vmm::Qemu ? i18n("QEMU") : i18n("The embedded VMM");
}

LessonsDialog::LessonsDialog(QWidget* parent)
    : QDialog(parent)
    , m_model(new LessonsModel(this))
    , m_list(new QListView(this))
{
    setObjectName(u"lessonsDialog"_s);
    setProperty("guidePage", u"lessons"_s);
    setWindowTitle(i18nc("@title:window", "Lessons"));
    m_list->setObjectName(u"lessonList"_s);
    m_list->setAccessibleName(i18n("Lessons"));
    m_list->setModel(m_model);
    m_list->setUniformItemSizes(true);
    m_list->setMinimumWidth(m_list->sizeHintForColumn(0) + fontMetrics().averageCharWidth() * 6);

    auto* columns = new QHBoxLayout;
    columns->addWidget(m_list);
    columns->addWidget(makeDetails(), 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_start = buttons->addButton(i18n("Start"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(u"lessonStart"_s);
    m_start->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &LessonsDialog::choose);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(columns, 1);
    layout->addWidget(buttons);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &LessonsDialog::showLesson);
    connect(m_list, &QListView::doubleClicked, this, &LessonsDialog::choose);
    connect(m_vmm, &QComboBox::currentIndexChanged, this, &LessonsDialog::showNeeds);
    m_list->setCurrentIndex(m_model->index(0));
    m_list->setFocus();
    resize(fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 22);
}

QWidget* LessonsDialog::makeDetails()
{
    auto* details = new QWidget(this);
    m_title = new QLabel(details);
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setObjectName(u"lessonTitle"_s);
    m_text = new QLabel(details);
    m_text->setObjectName(u"lessonText"_s);
    m_vmm = new QComboBox(details);
    m_vmm->setObjectName(u"lessonVmm"_s);
    m_vmm->setAccessibleName(i18n("What it is played on"));
    m_vmmName = new QLabel(details);
    m_needs = new QLabel(details);
    m_needs->setObjectName(u"lessonNeeds"_s);
    for (QLabel* label : { m_title, m_text, m_needs })
        label->setWordWrap(true);
    auto* on = new QHBoxLayout;
    on->addWidget(new QLabel(i18n("Played on:"), details));
    on->addWidget(m_vmm);
    on->addWidget(m_vmmName);
    on->addStretch(1);
    auto* layout = new QVBoxLayout(details);
    layout->setContentsMargins(fontMetrics().averageCharWidth() * 2, 0, 0, 0);
    layout->addWidget(m_title);
    layout->addWidget(m_text);
    layout->addLayout(on);
    layout->addWidget(m_needs);
    layout->addStretch(1);
    return details;
}

void LessonsDialog::showEvent(QShowEvent* event)
{
    // A program may have been installed meanwhile.
    m_model->refresh();
    showNeeds();
    QDialog::showEvent(event);
}

void LessonsDialog::showLesson()
{
    const lessons::Lesson& lesson = m_model->lesson(m_list->currentIndex().row());
    m_title->setText(lesson.title);
    m_text->setText(lesson.text);
    const QSignalBlocker blocker(m_vmm);
    m_vmm->clear();
    for (const lessons::Vmm vmm : lesson.vmms)
        m_vmm->addItem(vmmTitle(vmm), static_cast<int>(vmm));
    m_vmm->setVisible(lesson.vmms.size() > 1);
    m_vmmName->setVisible(lesson.vmms.size() == 1);
    m_vmmName->setText(vmmTitle(lesson.vmms.front()));
    showNeeds();
}

void LessonsDialog::showNeeds()
{
    const lessons::Vmm vmm = request().lab.vmm;
    const QStringList missing = lessons::missingFor(vmm);
    const QStringList poorer = lessons::poorerWithout(vmm);
    QString needs;
    if (!missing.isEmpty())
        needs = i18nc("what is missing",
            "It cannot be played on this machine: %1 A recording is shown in its place.", missing.join(u' '));
    else if (!poorer.isEmpty())
        needs = i18nc("what is missing", "%1 It works without.", poorer.join(u' '));
    else
        needs = i18n(
            "This machine has all that it needs. It starts a guest of its own in a private folder, and "
            "touches nothing else.");
    m_needs->setText(needs);
    m_start->setText(missing.isEmpty() ? i18n("Start") : i18n("Show the Recording"));
}

DemoRequest LessonsDialog::request() const
{
    const lessons::Lesson& lesson = m_model->lesson(m_list->currentIndex().row());
    return { .lesson = lesson.name,
        .lab = { .vmm = static_cast<lessons::Vmm>(m_vmm->currentData().toInt()) },
        .session = {} };
}

void LessonsDialog::choose()
{
    const DemoRequest wanted = request();
    close();
    Q_EMIT chosen(wanted);
}

} // namespace cutover::ui
