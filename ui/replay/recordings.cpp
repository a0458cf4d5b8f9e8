// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "recordings.h"

#include "player.h"
#include "preferences.h"
#include "replaybar.h"
#include "replaysession.h"

#include <KConfigGroup>
#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QDateTime>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QUrl>

namespace cutover::ui {

static constexpr int maxRecent = 10;

static KConfigGroup settings()
{
    return KSharedConfig::openConfig()->group(QStringLiteral("Recordings"));
}

Recordings::Recordings(SessionModel* session, QWidget* window)
    : QObject(window)
    , m_session(session)
    , m_replay(qobject_cast<ReplaySession*>(session))
    , m_window(window)
    , m_progress(new QWidget(window))
    , m_recentMenu(new QMenu(i18n("Open Recent Recording"), window))
{
    if (m_replay) {
        m_player = new Player(m_replay, this);
        connect(m_replay, &ReplaySession::opened, this, &Recordings::opened);
        connect(m_replay, &ReplaySession::closed, this, &Recordings::closed);
        connect(m_replay, &ReplaySession::moved, this, &Recordings::moved);
    }
    m_bar = new ReplayBar(m_replay, m_player, window);
    connect(m_bar, &ReplayBar::selectionWanted, this, &Recordings::selectionWanted);
    makeProgress();
    connect(m_recentMenu, &QMenu::aboutToShow, this, &Recordings::fillRecentMenu);
    connect(&m_loader, &RecordingLoader::changed, this, &Recordings::showProgress);
    connect(&m_loader, &RecordingLoader::loaded, this, &Recordings::take);
    connect(&m_loader, &RecordingLoader::failed, this, &Recordings::failed);
    connect(&m_saver, &RecordingSaver::failed, this, &Recordings::failed);
    connect(&m_saver, &RecordingSaver::saved, this, [this](const QString& path) {
        remember(path);
        Q_EMIT said(i18n("Saved to %1.", path));
    });
    window->setAcceptDrops(true);
    window->installEventFilter(this);
}

Recordings::~Recordings() = default;

void Recordings::makeProgress()
{
    m_progressText = new QLabel(m_progress);
    m_progressBar = new QProgressBar(m_progress);
    m_progressBar->setAccessibleName(i18n("How much of the recording is read"));
    m_progressCancel
        = new QPushButton(QIcon::fromTheme(QStringLiteral("dialog-cancel")), i18n("Cancel"), m_progress);
    m_progressCancel->setObjectName(QStringLiteral("cancelLoading"));
    auto* row = new QHBoxLayout(m_progress);
    row->setContentsMargins({});
    row->addWidget(m_progressText);
    row->addWidget(m_progressBar, 1);
    row->addWidget(m_progressCancel);
    m_progress->setObjectName(QStringLiteral("recordingProgress"));
    m_progress->hide();
    connect(m_progressCancel, &QPushButton::clicked, &m_loader, &RecordingLoader::cancel);
}

void Recordings::addActions(Actions& actions)
{
    const QString group = i18n("File");
    m_open = actions.add(group, QStringLiteral("recording_open"), i18n("Open Recording…"),
        QStringLiteral("document-open"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), this);
    connect(m_open, &QAction::triggered, this, &Recordings::chooseToOpen);
    m_save = actions.add(group, QStringLiteral("recording_save"), i18n("Save Recording As…"),
        QStringLiteral("document-save-as"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S), this);
    connect(m_save, &QAction::triggered, this, &Recordings::chooseToSave);
    m_close = actions.add(group, QStringLiteral("recording_close"), i18n("Close Recording"),
        QStringLiteral("document-close"), QKeySequence(Qt::CTRL | Qt::Key_W), this);
    connect(m_close, &QAction::triggered, this, &Recordings::close);
    m_bar->addActions(actions);
    updateActions();
}

void Recordings::updateActions()
{
    if (!m_open)
        return;
    allow(m_open,
        m_replay ? m_replay->canOpen()
                 : failure(ErrorCode::Unsupported, i18n("open a recording"), {},
                       i18n("this session cannot be replaced by one")),
        i18n("Show a recording of a session, from a file"));
    allow(m_save,
        m_session->record().whole().empty()
            ? failure(ErrorCode::Refused, i18n("save the recording"), {}, i18n("nothing is recorded yet"))
            : Result<void>(),
        i18n("Write all that was recorded of this session to a file"));
    allow(m_close,
        isShown() ? Result<void>()
                  : failure(ErrorCode::Refused, i18n("close"), {}, i18n("no recording is open")),
        i18n("Go back to the start page"));
    m_recentMenu->setEnabled(m_open->isEnabled());
    m_bar->updateActions();
}

bool Recordings::isShown() const
{
    return m_replay && m_replay->replay();
}

QString Recordings::title() const
{
    if (!isShown())
        return {};
    const Replay& replay = *m_replay->replay();
    const QString guest = m_session->endpoint(Side::Source).name;
    const QString name = guest.isEmpty() ? QFileInfo(replay.path).completeBaseName() : guest;
    const QDateTime created = QDateTime::fromString(replay.header.created, Qt::ISODateWithMs).toLocalTime();
    return created.isValid() ? i18nc("guest, date and time", "%1, recorded %2", name,
                                   QLocale().toString(created, QLocale::ShortFormat))
                             : i18nc("guest", "%1, recorded", name);
}

QAction* Recordings::mainAction()
{
    return m_bar->playAction();
}

void Recordings::open(const QString& path, Remember remember)
{
    const Result<void> allowed = m_replay ? m_replay->canOpen()
                                          : failure(ErrorCode::Unsupported, i18n("open a recording"), path,
                                                i18n("this session cannot be replaced by one"));
    if (!allowed) {
        Q_EMIT failed(allowed.error());
    } else {
        m_remember = remember;
        m_loader.load(QFileInfo(path).absoluteFilePath());
    }
}

void Recordings::take(const std::shared_ptr<Replay>& replay)
{
    const QString path = replay->path;
    // The session may have gone on while the file was read.
    if (const auto shown = m_replay->open(std::move(*replay)); !shown)
        Q_EMIT failed(shown.error());
    else if (m_remember == Remember::Yes)
        remember(path);
}

void Recordings::save(const QString& path)
{
    if (const auto begun = m_saver.save(m_session->record().whole(), path); !begun)
        Q_EMIT failed(begun.error());
}

void Recordings::close()
{
    m_loader.cancel();
    if (m_replay)
        m_replay->close();
}

void Recordings::goTo(std::size_t event)
{
    if (!isShown())
        return;
    m_player->pause();
    m_replay->seek(event + 1);
}

static QFileDialog* fileDialog(QWidget* window, const QString& title)
{
    auto* dialog = new QFileDialog(window, title, Preferences::recordingFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilters({ i18n("Cutover recordings (%1)", QStringLiteral("*.cutover")),
        i18n("All files (%1)", QStringLiteral("*")) });
    return dialog;
}

void Recordings::chooseToOpen()
{
    QFileDialog* dialog = fileDialog(m_window, i18n("Open Recording"));
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { open(path); });
    dialog->open();
}

void Recordings::chooseToSave()
{
    QFileDialog* dialog = fileDialog(m_window, i18n("Save Recording As"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("cutover"));
    connect(dialog, &QFileDialog::fileSelected, this, &Recordings::save);
    dialog->open();
}

void Recordings::remember(const QString& path)
{
    KConfigGroup group = settings();
    QStringList recent = group.readPathEntry("Recent", QStringList());
    recent.removeAll(path);
    recent.prepend(path);
    group.writePathEntry("Recent", recent.first(std::min<qsizetype>(recent.size(), maxRecent)));
    group.sync();
}

void Recordings::fillRecentMenu()
{
    m_recentMenu->clear();
    QStringList shown;
    const auto add = [this, &shown](const QString& path) {
        if (shown.contains(path) || !QFileInfo::exists(path))
            return;
        shown.append(path);
        QString name = QFileInfo(path).completeBaseName();
        QAction* action = m_recentMenu->addAction(name.replace(u'&', QStringLiteral("&&")));
        action->setToolTip(path);
        connect(action, &QAction::triggered, this, [this, path] { open(path); });
    };
    m_recentMenu->setToolTipsVisible(true);
    for (const QString& path : settings().readPathEntry("Recent", QStringList()))
        add(path);
    QAction* kept = m_recentMenu->addSection(i18n("Recorded by this program"));
    const QFileInfoList files = QDir(Preferences::recordingFolder())
                                    .entryInfoList({ QStringLiteral("*.cutover") }, QDir::Files, QDir::Time);
    for (const QFileInfo& file : files.first(std::min<qsizetype>(files.size(), maxRecent)))
        add(file.absoluteFilePath());
    if (m_recentMenu->actions().last() == kept)
        m_recentMenu->removeAction(kept);
    if (shown.isEmpty())
        m_recentMenu->addAction(i18n("There is none yet"))->setEnabled(false);
}

void Recordings::showProgress()
{
    const bool loading = m_loader.isLoading();
    if (loading) {
        const int permille = m_loader.permille();
        // What is read has still to be sorted and laid out.
        m_progressBar->setRange(0, permille < 0 || permille == 1000 ? 0 : 1000);
        m_progressBar->setValue(std::max(permille, 0));
        m_progressText->setText(i18n("Opening %1…", QFileInfo(m_loader.path()).fileName()));
    }
    m_progress->setVisible(loading);
}

QString Recordings::droppedFile(const QMimeData* data)
{
    const QList<QUrl> urls = data->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return {};
    const QString path = urls.first().toLocalFile();
    return QFileInfo(path).isFile() ? path : QString();
}

bool Recordings::eventFilter(QObject* object, QEvent* event)
{
    if (event->type() == QEvent::DragEnter || event->type() == QEvent::DragMove) {
        auto* drag = static_cast<QDragMoveEvent*>(event);
        if (droppedFile(drag->mimeData()).isEmpty())
            return QObject::eventFilter(object, event);
        drag->acceptProposedAction();
        return true;
    }
    if (event->type() == QEvent::Drop) {
        auto* drop = static_cast<QDropEvent*>(event);
        const QString path = droppedFile(drop->mimeData());
        if (path.isEmpty())
            return QObject::eventFilter(object, event);
        drop->acceptProposedAction();
        open(path);
        return true;
    }
    return QObject::eventFilter(object, event);
}

} // namespace cutover::ui
