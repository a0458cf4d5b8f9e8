// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHash>
#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

class QProcess;

namespace cutover::ui {

struct VmmProgram
{
    QString path;
    QString version; ///< "11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)"
};

/// What "--version" of a VMM says, without its name; empty if it says none.
QString vmmVersion(const QString& output);

/// The VMMs that are installed here: those in PATH, and those that CUTOVER_QEMU_10 and CUTOVER_QEMU_11 name.
/// Each file once.
QStringList vmmPrograms();

/// Asks each of some programs for its version, all at once. Deletes itself after found(), which comes once,
/// three seconds later at most.
class VmmVersions : public QObject
{
    Q_OBJECT
public:
    explicit VmmVersions(const QStringList& programs, QObject* parent = nullptr);

Q_SIGNALS:
    /// In the order asked for; those that did not answer are left out.
    void found(const QList<cutover::ui::VmmProgram>& programs);

private:
    void finish();

    QStringList m_programs;
    QHash<QString, QString> m_versions;
    QList<QProcess*> m_running;
    QTimer m_limit;
};

} // namespace cutover::ui
