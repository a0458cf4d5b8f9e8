// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/plan.h"

#include <QDateTime>
#include <QHash>
#include <QObject>

namespace cutover::ui {

/// What programs say to `-version`, asked once for each file and again when the file has changed.
class ProgramVersions : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// What is known of \a program, a path or a name in the PATH; nullptr while it is being asked, which this
    /// begins. answered() says when.
    const op::BinaryFacts* ask(const QString& program);

Q_SIGNALS:
    void answered(const QString& program);

private:
    struct Answer
    {
        QDateTime modified;
        bool pending = true;
        op::BinaryFacts facts;
    };
    QHash<QString, Answer> m_answers;
};

/// "QEMU 11.1.3", "cutover-vmm 0.1.0"; the file's name where the version is not known.
QString shortVersion(const op::BinaryFacts& facts);
/// A sentence on whether it can be started and what it is; translated.
QString programSentence(const op::BinaryFacts& facts);

} // namespace cutover::ui
