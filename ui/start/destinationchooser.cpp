// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/destinationchooser.h"

#include "operator/commandline.h"
#include "start/attachhelp.h"
#include "start/programchooser.h"

#include <KLocalizedString>
#include <KShell>

#include <QClipboard>
#include <QComboBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QVBoxLayout>

namespace cutover::ui {

using namespace Qt::StringLiterals;

Result<QStringList> splitCommand(const QString& text)
{
    QString line = text;
    line.replace(u"\\\n"_s, u"\n"_s).replace(u'\n', u' ');
    KShell::Errors problem = KShell::NoError;
    const QStringList words = KShell::splitArgs(line, KShell::AbortOnMeta, &problem);
    if (problem == KShell::BadQuoting)
        return failure(ErrorCode::InvalidArgument, i18n("read the command line"), {},
            i18n("a quotation mark is not closed"));
    if (problem == KShell::FoundMeta)
        return failure(ErrorCode::InvalidArgument, i18n("read the command line"), {},
            i18n("no shell runs it, so variables, pipes and redirections have no meaning"),
            i18n("Put what is meant literally into single quotes."));
    return words;
}

/// A page that is not shown must not ask for the room of the largest.
static void shrinkHiddenPages(QStackedWidget* pages)
{
    for (int i = 0; i < pages->count(); ++i) {
        const bool shown = i == pages->currentIndex();
        pages->widget(i)->setSizePolicy(
            QSizePolicy::Preferred, shown ? QSizePolicy::Preferred : QSizePolicy::Ignored);
    }
    pages->adjustSize();
    pages->updateGeometry();
}

static QPlainTextEdit* codeEdit(const QString& name, int lines, QWidget* parent)
{
    auto* edit = new QPlainTextEdit(parent);
    edit->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    edit->setAccessibleName(name);
    edit->setTabChangesFocus(true);
    edit->setMinimumHeight((edit->fontMetrics().lineSpacing() * lines) + (2 * edit->frameWidth()) + 8);
    edit->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::MinimumExpanding);
    return edit;
}

DestinationChooser::DestinationChooser(ProgramVersions* versions, QWidget* parent)
    : QWidget(parent)
    , m_kind(new QComboBox(this))
    , m_pages(new QStackedWidget(this))
{
    m_kind->setObjectName(u"destinationKind"_s);
    m_kind->addItem(i18n("Derived from the source’s command line"), static_cast<int>(Kind::Derive));
    m_kind->addItem(i18n("Started with a command line of your own"), static_cast<int>(Kind::Command));
    m_kind->addItem(i18n("Started by you: it waits for the guest"), static_cast<int>(Kind::Attach));
    m_kind->setAccessibleName(i18n("How the destination comes to be"));
    // In the order of the kinds.
    m_pages->addWidget(makeDerive(versions));
    m_pages->addWidget(makeCommand());
    m_pages->addWidget(makeAttach());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_kind);
    layout->addWidget(m_pages, 1);
    connect(m_kind, &QComboBox::activated, this, [this] {
        suggestPaths();
        Q_EMIT changed();
    });
    connect(m_kind, &QComboBox::currentIndexChanged, this, &DestinationChooser::showPage);
    connect(this, &DestinationChooser::changed, this, &DestinationChooser::showHelp);
    showPage();
}

QWidget* DestinationChooser::makeDerive(ProgramVersions* versions)
{
    auto* page = new QWidget(m_pages);
    m_program = new ProgramChooser(versions, page);
    auto* form = new QFormLayout(page);
    form->setContentsMargins({});
    auto* label = new QLabel(i18n("&Program:"), page);
    form->addRow(label, m_program);
    label->setBuddy(m_program->field());
    connect(m_program, &ProgramChooser::changed, this, &DestinationChooser::changed);
    return page;
}

QWidget* DestinationChooser::makeCommand()
{
    auto* page = new QWidget(m_pages);
    m_command = codeEdit(i18n("Command line of the destination"), 4, page);
    m_command->setObjectName(u"ownCommand"_s);
    m_command->setPlaceholderText(u"/opt/qemu/bin/qemu-system-x86_64 -machine q35 …"_s);
    auto* note = new QLabel(
        i18n("As a shell would read it. Sockets, incoming channels and logs are changed in it all the same; "
             "every change is shown before it is run."),
        page);
    note->setWordWrap(true);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->addWidget(m_command, 1);
    layout->addWidget(note);
    connect(m_command, &QPlainTextEdit::textChanged, this, &DestinationChooser::changed);
    return page;
}

QWidget* DestinationChooser::makeAttach()
{
    auto* page = new QWidget(m_pages);
    auto* form = new QFormLayout;
    const auto field = [&](const QString& label, const QString& id, const QString& hint) {
        auto* edit = new QLineEdit(page);
        edit->setObjectName(id);
        edit->setPlaceholderText(hint);
        edit->setToolTip(hint);
        edit->setClearButtonEnabled(true);
        edit->setAccessibleName(QString(label).remove(u'&').remove(u':'));
        form->addRow(label, edit);
        connect(edit, &QLineEdit::textChanged, this, &DestinationChooser::changed);
        return edit;
    };
    m_qmp = field(i18n("QMP soc&ket:"), u"attachQmp"_s, i18n("appears once it has read its CPR state"));
    m_cpr = field(i18n("CPR &channel:"), u"attachCpr"_s, i18n("the socket of its -incoming cpr,…"));
    m_main = field(i18n("M&ain channel:"), u"attachMain"_s,
        i18n("only if it was started with -incoming unix:…; otherwise over QMP"));
    m_helpText = new QLabel(page);
    m_helpText->setObjectName(u"attachText"_s);
    m_helpText->setWordWrap(true);
    m_help = codeEdit(i18n("Command that starts the destination"), 4, page);
    m_help->setObjectName(u"attachCommand"_s);
    m_help->setReadOnly(true);
    m_copy = new QPushButton(QIcon::fromTheme(u"edit-copy"_s), i18n("Cop&y the Command"), page);
    m_copy->setObjectName(u"attachCopy"_s);
    connect(m_copy, &QPushButton::clicked, this,
        [this] { QGuiApplication::clipboard()->setText(m_help->toPlainText()); });
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->addLayout(form);
    layout->addWidget(m_helpText);
    layout->addWidget(m_help, 1);
    layout->addWidget(m_copy, 0, Qt::AlignRight);
    return page;
}

DestinationChooser::Kind DestinationChooser::kind() const
{
    return static_cast<Kind>(m_kind->currentData().toInt());
}

void DestinationChooser::showPage()
{
    m_pages->setCurrentIndex(m_kind->currentIndex());
    shrinkHiddenPages(m_pages);
    showHelp();
}

op::DestinationSpec DestinationChooser::destination() const
{
    op::DestinationSpec destination;
    destination.kind = kind();
    switch (destination.kind) {
    case Kind::Derive:
        destination.binary = m_program->program();
        break;
    case Kind::Command:
        destination.argv = splitCommand(m_command->toPlainText()).value_or(QStringList());
        break;
    case Kind::Attach:
        destination.qmpPath = m_qmp->text().trimmed();
        destination.cprPath = m_mode == u"cpr-transfer" ? m_cpr->text().trimmed() : QString();
        destination.mainPath = m_main->text().trimmed();
        break;
    }
    return destination;
}

void DestinationChooser::setDestination(const op::DestinationSpec& destination)
{
    // The texts of the other kinds stay: one looks at another kind and comes back.
    m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(destination.kind)));
    switch (destination.kind) {
    case Kind::Derive:
        m_program->setProgram(destination.binary);
        break;
    case Kind::Command:
        m_command->setPlainText(op::shellLine(destination.argv));
        break;
    case Kind::Attach:
        m_qmp->setText(destination.qmpPath);
        m_cpr->setText(destination.cprPath);
        m_main->setText(destination.mainPath);
        break;
    }
    showHelp();
}

void DestinationChooser::setSource(const QString& guest, const QStringList& argv)
{
    if (guest == m_guest && argv == m_sourceArgv)
        return;
    m_guest = guest;
    m_sourceArgv = argv;
    showHelp();
}

void DestinationChooser::setMode(const QString& mode, bool guarded)
{
    m_mode = mode;
    m_guarded = guarded;
    m_cpr->setEnabled(mode == u"cpr-transfer");
    showHelp();
}

Result<void> DestinationChooser::usable() const
{
    const QString attempt = i18n("use this destination");
    switch (kind()) {
    case Kind::Derive:
        return {};
    case Kind::Command: {
        const auto words = splitCommand(m_command->toPlainText());
        if (!words)
            return std::unexpected(words.error());
        if (words->isEmpty())
            return failure(ErrorCode::InvalidArgument, attempt, {},
                i18n("type the command line of the destination first"));
        return {};
    }
    case Kind::Attach:
        if (m_qmp->text().trimmed().isEmpty())
            return failure(ErrorCode::InvalidArgument, attempt, {},
                i18n("type the path of the destination’s QMP socket first"));
        if (m_mode == u"cpr-transfer" && m_cpr->text().trimmed().isEmpty())
            return failure(ErrorCode::InvalidArgument, attempt, {},
                i18n("type the path of its CPR channel first, or choose the mode normal"));
        return {};
    }
    return {};
}

void DestinationChooser::remember()
{
    if (kind() == Kind::Derive)
        m_program->remember();
}

void DestinationChooser::suggestPaths()
{
    if (kind() != Kind::Attach || !m_qmp->text().isEmpty() || !m_cpr->text().isEmpty())
        return;
    const op::DestinationSpec paths
        = suggestedPaths(m_guest, QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation));
    m_qmp->setText(paths.qmpPath);
    m_cpr->setText(paths.cprPath);
}

void DestinationChooser::showHelp()
{
    if (kind() != Kind::Attach)
        return;
    op::SessionRequest request;
    request.destination = destination();
    request.mode = m_mode;
    request.guarded = m_guarded;
    const AttachHelp help = attachHelp(request, m_sourceArgv);
    QStringList lines{ help.introduction };
    for (const QString& conflict : help.conflicts)
        lines << i18nc("a list entry", "• change %1", conflict);
    m_helpText->setText(lines.join(u'\n'));
    m_help->setPlainText(help.command);
    m_help->setVisible(!help.command.isEmpty());
    m_copy->setVisible(!help.command.isEmpty());
}

} // namespace cutover::ui
