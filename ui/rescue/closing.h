// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "sessionmodel.h"

#include <QList>
#include <QObject>
#include <QPointer>

class QMessageBox;
class QWidget;

namespace cutover::ui {

/// What can be done when the window is to be closed.
enum class CloseWay : std::uint8_t {
    Close, ///< at once
    CancelFirst, ///< cancel the migration, then close
    WaitFirst, ///< wait for its end, finish it, then close
    FinishFirst, ///< end the source, then close
    Stay,
};

struct CloseQuestion
{
    QString title;
    QString text; ///< where the guest is and what would become of it
    struct Answer
    {
        CloseWay way;
        QString text;
    };
    QList<Answer> answers; ///< the first is the safest, which leaves the guest on one side
};

/// Pure: what to ask before a window in \a state is closed; nothing where nothing would be lost.
std::optional<CloseQuestion> closeQuestion(const op::SessionState& state, bool isInLab, bool isRescuing);

/// Closes the window when the guest runs on exactly one side, as far as that is up to us.
class Closing : public QObject
{
    Q_OBJECT
public:
    /// Both are borrowed; \a window is closed.
    Closing(SessionModel* session, QWidget* window);

    /// Whether the window may close now; asks otherwise, and closes it later.
    bool mayClose();
    /// As the first answer says, without asking.
    void closeUnasked();

Q_SIGNALS:
    /// Something is waited for before the window closes, or no longer.
    void waiting(const QString& sentence);

private:
    void ask(const CloseQuestion& question);
    void go(CloseWay way);
    void watch();

    SessionModel* m_session;
    QWidget* m_window;
    QPointer<QMessageBox> m_box;
    std::optional<CloseWay> m_way; ///< the one that is being followed
};

} // namespace cutover::ui
