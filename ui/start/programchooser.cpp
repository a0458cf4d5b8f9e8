// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/programchooser.h"

#include "start/programversions.h"

#include <KConfigGroup>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include <chrono>

using namespace std::chrono_literals;

namespace cutover::ui {

static constexpr int rememberedPrograms = 8;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(QStringLiteral("Programs"));
}

ProgramChooser::ProgramChooser(ProgramVersions* versions, QWidget* parent)
    : QWidget(parent)
    , m_versions(versions)
    , m_box(new QComboBox(this))
    , m_version(new QLabel(this))
{
    m_box->setObjectName(QStringLiteral("programBox"));
    m_box->setEditable(true);
    m_box->setInsertPolicy(QComboBox::NoInsert);
    m_box->setMinimumContentsLength(16);
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_box->addItems(settings().readEntry("Recent", QStringList()));
    m_box->setCurrentText({});
    m_box->lineEdit()->setPlaceholderText(i18n("the same as the source’s"));
    m_box->lineEdit()->setClearButtonEnabled(true);
    m_box->setAccessibleName(i18n("Program of the destination"));
    m_box->lineEdit()->setAccessibleName(m_box->accessibleName());
    auto* browse = new QToolButton(this);
    browse->setObjectName(QStringLiteral("programBrowse"));
    browse->setIcon(QIcon::fromTheme(QStringLiteral("document-open")));
    browse->setText(i18n("…"));
    browse->setToolTip(i18n("Choose another program"));
    browse->setAccessibleName(i18n("Choose the program of the destination"));
    browse->setFocusPolicy(Qt::StrongFocus);
    m_version->setObjectName(QStringLiteral("programVersion"));
    m_version->setAccessibleName(i18n("Version of the program"));
    m_version->setWordWrap(true);
    m_version->setTextInteractionFlags(Qt::NoTextInteraction);

    auto* row = new QHBoxLayout;
    row->addWidget(m_box, 1);
    row->addWidget(browse);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addLayout(row);
    layout->addWidget(m_version);

    m_typing.setSingleShot(true);
    m_typing.setInterval(250ms);
    connect(&m_typing, &QTimer::timeout, this, &ProgramChooser::showVersion);
    connect(m_box, &QComboBox::currentTextChanged, this, [this] {
        m_typing.start();
        Q_EMIT changed();
    });
    connect(browse, &QToolButton::clicked, this, &ProgramChooser::browse);
    connect(m_versions, &ProgramVersions::answered, this, [this](const QString& asked) {
        if (asked == program())
            showVersion();
    });
    showVersion();
}

QWidget* ProgramChooser::field() const
{
    return m_box;
}

QString ProgramChooser::program() const
{
    return m_box->currentText().trimmed();
}

void ProgramChooser::setProgram(const QString& program)
{
    m_box->setCurrentText(program);
    showVersion();
}

void ProgramChooser::remember()
{
    const QString chosen = program();
    if (chosen.isEmpty())
        return;
    QStringList recent = settings().readEntry("Recent", QStringList());
    recent.removeAll(chosen);
    recent.prepend(chosen);
    recent.resize(std::min<qsizetype>(recent.size(), rememberedPrograms));
    settings().writeEntry("Recent", recent);
    const QSignalBlocker quiet(m_box);
    m_box->clear();
    m_box->addItems(recent);
    m_box->setCurrentText(chosen);
}

void ProgramChooser::browse()
{
    auto* dialog = new QFileDialog(this, i18n("Program of the Destination"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    const QFileInfo now(program());
    dialog->setDirectory(now.isFile() ? now.absolutePath() : QStringLiteral("/usr/bin"));
    connect(dialog, &QFileDialog::fileSelected, this, &ProgramChooser::setProgram);
    dialog->open();
}

void ProgramChooser::showVersion()
{
    const QString chosen = program();
    if (chosen.isEmpty()) {
        m_version->setText(i18n("Restarts the VMM under its guest: takes an updated file into use."));
        return;
    }
    const op::BinaryFacts* facts = m_versions->ask(chosen);
    m_version->setText(facts ? programSentence(*facts) : i18n("Asking for its version…"));
}

} // namespace cutover::ui
