// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"
#include "replay/recordingloader.h"
#include "replay/recordingsaver.h"

#include <QObject>

#include <memory>

class QLabel;
class QMenu;
class QMimeData;
class QProgressBar;
class QPushButton;

namespace cutover::ui {

class Player;
class ReplayBar;
class ReplaySession;
class SessionModel;

/// All that the window does with recordings: opens, saves and closes them, replays them, and keeps those of
/// its sessions.
class Recordings : public QObject
{
    Q_OBJECT
public:
    /// Both are borrowed. With a session that is no ReplaySession, recordings can only be saved.
    Recordings(SessionModel* session, QWidget* window);
    ~Recordings() override;

    void addActions(Actions& actions);
    void updateActions();
    /// To be put into the menu: the recordings that were opened or saved last.
    QMenu* recentMenu() { return m_recentMenu; }

    /// Owned by the window once they are laid out.
    ReplayBar* bar() { return m_bar; }
    QWidget* progress() { return m_progress; }

    enum class Remember : std::uint8_t { No, Yes };
    /// Begins to read it. What comes of it is told by opened() or failed(). \a remember: among the recent
    /// ones.
    void open(const QString& path, Remember remember = Remember::Yes);
    void save(const QString& path);
    void close();

    /// The file that a drop brings, if it is one that could be a recording; else empty.
    static QString droppedFile(const QMimeData* data);

    /// Moves the replay to right after \a event.
    void goTo(std::size_t event);

    bool isShown() const;
    /// Of the recording that is shown: "web-07, recorded 21 November 2026 16:05"; empty without one.
    QString title() const;
    /// The step of the session's main button while a recording is shown.
    QAction* mainAction();

Q_SIGNALS:
    void opened();
    void closed();
    /// A replay was moved: the time that is shown is another.
    void moved();
    void failed(const cutover::Error& error);
    /// Went well, and is worth a word.
    void said(const QString& sentence);
    /// To go to the event that is selected in the window.
    void selectionWanted();

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void makeProgress();
    void chooseToOpen();
    void chooseToSave();
    void fillRecentMenu();
    void remember(const QString& path);
    void showProgress();
    void take(const std::shared_ptr<Replay>& replay);

    SessionModel* m_session;
    ReplaySession* m_replay; ///< the same, if it is one
    QWidget* m_window;
    Player* m_player = nullptr;
    ReplayBar* m_bar;
    QWidget* m_progress;
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progressBar = nullptr;
    QPushButton* m_progressCancel = nullptr;
    QMenu* m_recentMenu;
    QAction* m_open = nullptr;
    QAction* m_save = nullptr;
    QAction* m_close = nullptr;
    Remember m_remember = Remember::Yes; ///< what is being read
    RecordingLoader m_loader;
    RecordingSaver m_saver;
};

} // namespace cutover::ui
