// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/orphan.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <sys/wait.h>

namespace cutover {

namespace {

class Orphan : public QObject
{
public:
    Orphan(UniqueFd pidFd, QObject* parent)
        : QObject(parent)
        , m_pidFd(std::move(pidFd))
        , m_notifier(m_pidFd.get(), QSocketNotifier::Read)
    {
        connect(&m_notifier, &QSocketNotifier::activated, this, [this] {
            m_notifier.setEnabled(false);
            siginfo_t info{};
            ::waitid(P_PIDFD, static_cast<id_t>(m_pidFd.get()), &info, WEXITED | WNOHANG);
            deleteLater();
        });
    }

private:
    UniqueFd m_pidFd;
    QSocketNotifier m_notifier;
};

} // namespace

void reapLater(UniqueFd pidFd)
{
    QCoreApplication* application = QCoreApplication::instance();
    if (!application || QCoreApplication::closingDown())
        return;
    QMetaObject::invokeMethod(application, [application, fd = std::make_shared<UniqueFd>(std::move(pidFd))] {
        new Orphan(std::move(*fd), application);
    });
}

} // namespace cutover
