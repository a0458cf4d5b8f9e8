// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QObject>
#include <QProcess>

namespace cutover::cli {

/// Makes a PNG picture of a drawing, with a program of the window's package: this one goes without a
/// display's libraries.
class PictureMaker : public QObject
{
    Q_OBJECT
public:
    ~PictureMaker() override;

    /// Leads to made() or failed(), also from inside it. Once.
    void start(const QByteArray& svg, double scale);

Q_SIGNALS:
    void made(const QByteArray& png);
    void failed(const cutover::Error& error);

private:
    void fail(ErrorCode code, const QString& cause, const QString& remedy = {});
    void processEnded(int exitCode, QProcess::ExitStatus status);

    QProcess m_process;
};

} // namespace cutover::cli
