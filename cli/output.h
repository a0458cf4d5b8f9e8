// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QObject>

#include <memory>

class QSocketNotifier;

namespace cutover::cli {

/// One of the program's outputs. A reader that is slow or stopped never holds up the caller: what does not
/// fit now is kept and written later. A reader that went away is not an error, a full disk is.
class Output : public QObject
{
    Q_OBJECT
public:
    /// \a fd is borrowed; -1 collects the text for taken().
    explicit Output(int fd, QObject* parent = nullptr);
    ~Output() override;

    void write(const QByteArray& bytes);
    /// Waits until all is written. False if some of it could not be.
    bool flush();
    /// errno of the first write that failed; 0 if none did, or the reader went away.
    int writeError() const { return m_error; }
    /// What was collected since the last call.
    QByteArray taken() { return std::exchange(m_collected, {}); }

private:
    void advance();

    int m_fd;
    int m_error = 0;
    bool m_readerGone = false;
    QByteArray m_waiting;
    qsizetype m_written = 0; // of m_waiting
    QByteArray m_collected;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace cutover::cli
