// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "rescuefixture.h"

#include <QSize>

#include <memory>

namespace cutover::ui {

class MainWindow;

namespace test {

/// A session that was recorded, stopped at a moment of its time.
class ViewSession : public RescueSession
{
public:
    qint64 now_ = capturedStartNs;

    qint64 nowNs() const override { return now_; }
};

/// The window as it is looked at in one of its main views.
class View
{
public:
    /// What open() knows, in the order of a session.
    static QStringList names();

    /// \a size: of the main window.
    explicit View(QSize size);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    /// Shows the view; waits until it shows all that it was told. Once. \a name is one of names().
    /// \return The window that was opened, which is this object's.
    QWidget* open(const QString& name);

private:
    void tellUntil(const QString& state);
    void bringForward(const QString& dock);
    void openStart();
    void openMigrated();
    void openDock(const QString& dock);
    void openRescue();
    void openReplay();
    void openDemo();
    QWidget* openPreferences();
    QWidget* openGuide();
    QWidget* openShortcuts();

    QSize m_size;
    std::unique_ptr<SessionModel> m_session;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace test
} // namespace cutover::ui
