// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/programversions.h"

#include "operator/factscollector.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QStandardPaths>

namespace cutover::ui {

const op::BinaryFacts* ProgramVersions::ask(const QString& program)
{
    const QString path = program.contains(u'/') ? program : QStandardPaths::findExecutable(program);
    const QDateTime modified = QFileInfo(path).lastModified();
    auto answer = m_answers.find(program);
    if (answer != m_answers.end() && answer->modified == modified)
        return answer->pending ? nullptr : &answer->facts;
    m_answers.insert(program, { .modified = modified, .pending = true, .facts = {} });
    op::probeBinary(program, this, [this, program, modified](const op::BinaryFacts& facts) {
        m_answers.insert(program, { .modified = modified, .pending = false, .facts = facts });
        Q_EMIT answered(program);
    });
    return nullptr;
}

QString shortVersion(const op::BinaryFacts& facts)
{
    const QString file = QFileInfo(facts.path).fileName();
    if (!facts.version)
        return file;
    const bool isQemu = facts.versionText.startsWith(u"QEMU");
    return i18nc(
        "program version", "%1 %2", isQemu ? QStringLiteral("QEMU") : file, facts.version->toString());
}

QString programSentence(const op::BinaryFacts& facts)
{
    if (!facts.exists)
        return i18n("%1 does not exist.", facts.path);
    if (!facts.executable)
        return i18n("%1 cannot be executed.", facts.path);
    if (facts.versionText.isEmpty())
        return i18n("%1 does not tell its version.", facts.path);
    return facts.versionText;
}

} // namespace cutover::ui
