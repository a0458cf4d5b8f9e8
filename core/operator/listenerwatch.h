// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

namespace cutover::op {

/// True when a unix stream socket listens at \a path, by the kernel's own table: connecting to find out
/// would take the one connection that a VMM accepts there.
bool isListening(const QString& path);

/// Waits until somebody listens at a path.
class ListenerWatch : public QObject
{
    Q_OBJECT
public:
    explicit ListenerWatch(QObject* parent = nullptr);
    /// Replaces an earlier wait. There is no time limit: the caller's own ends it.
    void start(const QString& path);
    void stop();

Q_SIGNALS:
    /// Once per start(), never from inside it.
    void listening();

private:
    void look();
    QString m_path;
    QTimer m_timer;
};

} // namespace cutover::op
