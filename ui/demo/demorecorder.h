// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "demo/director.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

class QWidget;

namespace cutover::ui {

/// Goes through a demo that nobody watches, and writes down what there was to see: demo.cutover (the
/// recording), phases.txt, and before.png, during.png and after.png, or a picture of each step for a lesson
/// that names none.
class DemoRecorder : public QObject
{
    Q_OBJECT
public:
    /// All are borrowed; \a window is what the pictures show.
    DemoRecorder(SessionModel* session, DemoDirector* director, QWidget* window, QObject* parent = nullptr);

    /// Makes \a folder, and leads to finished(). Files of an earlier demo there are replaced.
    Result<void> start(const QString& folder, const DemoRequest& request);

Q_SIGNALS:
    /// 0: all steps came to their ends, all expectations hold, and everything was written. Otherwise as
    /// cutoverctl: 1 failed, 3 refused by the checks, 4 the guest needs the operator. What was written is on
    /// standard output.
    void finished(int exitCode);

private:
    void advance();
    void takePicture(const QString& name);
    void conclude();
    void write();
    int verdict() const;
    void note(const Result<void>& result);

    SessionModel* m_session;
    DemoDirector* m_director;
    QWidget* m_window;
    QString m_folder;
    QStringList m_written;
    QTimer m_settle;
    QTimer m_limit;
    bool m_namesShots = false; ///< the lesson says which pictures are to be taken
    bool m_troubled = false;
    bool m_over = false;
};

} // namespace cutover::ui
