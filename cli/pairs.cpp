// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/pairs.h"

#include <QDateTime>

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

constexpr qint64 nsPerMs = 1'000'000;

QString processText(const op::ProcessId& process, const op::SideView& view)
{
    if (process.pid <= 0)
        return i18n("was not started");
    const QString pid = QString::number(process.pid);
    if (view.gone)
        return i18nc("pid", "process %1, ended", pid);
    if (!view.answered)
        return i18nc("pid", "process %1, does not answer", pid);
    return i18nc("pid, state", "process %1, %2", pid, view.runState);
}

} // namespace

void PairSurvey::start()
{
    const QList<op::PairJournal> journals = op::findPairs(&m_problems);
    for (const op::PairJournal& journal : journals) {
        if (!op::isLeftBehind(journal))
            continue;
        m_pairs.push_back(std::make_unique<op::RescueOperation>(journal));
        connect(m_pairs.back().get(), &op::RescueOperation::assessed, this, [this] {
            if (m_waiting > 0 && --m_waiting == 0)
                Q_EMIT done();
        });
    }
    m_waiting = m_pairs.size();
    if (m_waiting == 0)
        QMetaObject::invokeMethod(this, &PairSurvey::done, Qt::QueuedConnection);
    for (const auto& pair : m_pairs)
        pair->look();
}

void PairSurvey::letGo()
{
    for (auto& pair : m_pairs)
        pair.release()->deleteLater();
    m_pairs.clear();
    m_waiting = 0;
}

QString rescueLine(const op::PairJournal& journal)
{
    return u"cutoverctl rescue --pair "_s + journal.folder;
}

QStringList pairLines(const Console& console, const op::PairEvidence& evidence)
{
    const op::PairJournal& journal = evidence.journal;
    const QDateTime changed = QDateTime::fromMSecsSinceEpoch(journal.changedNs / nsPerMs);
    const QString name
        = journal.guestName.isEmpty() ? i18n("a guest without a name") : printable(journal.guestName);
    return {
        console.paint(Tone::Warning, i18nc("guest", "Unfinished migration of %1", name))
            + i18nc("when, stage", ", left at %1 in stage '%2'", changed.toString(u"yyyy-MM-dd HH:mm:ss"_s),
                op::journalStageId(journal.stage)),
        u"  "_s + console.paint(Tone::Source, i18n("source       "))
            + processText(journal.source, evidence.source),
        u"  "_s + console.paint(Tone::Destination, i18n("destination  "))
            + processText(journal.destination, evidence.destination),
    };
}

QJsonObject pairJson(const op::RescueOperation& operation)
{
    const op::PairEvidence& evidence = operation.evidence();
    const op::Assessment& assessment = operation.assessment();
    QJsonArray options;
    for (const op::RescueOption& option : assessment.options) {
        options.append(QJsonObject{ { u"kind"_s, op::rescueKindId(option.kind) },
            { u"allowed"_s, option.allowed }, { u"recommended"_s, option.recommended },
            { u"title"_s, option.title }, { u"proof"_s, option.proof } });
    }
    const auto side = [](const op::ProcessId& process, const op::SideView& view, const QString& qmp) {
        return QJsonObject{ { u"pid"_s, process.pid }, { u"gone"_s, view.gone },
            { u"runState"_s, view.runState }, { u"migrationStatus"_s, view.migrationStatus },
            { u"qmp"_s, qmp } };
    };
    const op::PairJournal& journal = evidence.journal;
    return {
        { u"folder"_s, journal.folder },
        { u"guest"_s, journal.guestName },
        { u"stage"_s, op::journalStageId(journal.stage) },
        { u"changedNs"_s, journal.changedNs },
        { u"source"_s, side(journal.source, evidence.source, journal.sourceQmp) },
        { u"destination"_s, side(journal.destination, evidence.destination, journal.destinationQmp) },
        { u"location"_s, op::guestLocationId(assessment.location) },
        { u"sentence"_s, assessment.sentence },
        { u"options"_s, options },
    };
}

QJsonArray PairSurvey::toJson() const
{
    QJsonArray list;
    for (const auto& pair : m_pairs)
        list.append(pairJson(*pair));
    return list;
}

QStringList PairSurvey::lines(const Console& console) const
{
    QStringList lines;
    for (const auto& pair : m_pairs) {
        lines += pairLines(console, pair->evidence());
        lines << u"  "_s + console.paint(Tone::Title, pair->assessment().sentence);
        if (const op::RescueOption* option = pair->assessment().recommended())
            lines << u"  "_s
                    + i18nc("what, a command", "%1: %2", option->title, rescueLine(pair->evidence().journal));
        else
            lines << u"  "_s
                    + i18nc("a command", "What can be done: %1", rescueLine(pair->evidence().journal));
    }
    for (const Error& problem : m_problems) {
        lines << console.paint(Tone::Warning, printable(problem.message()));
        if (!problem.remedy.isEmpty())
            lines << u"  "_s + problem.remedy;
    }
    return lines;
}

void PairSurvey::print(Console& console) const
{
    const QStringList all = lines(console);
    if (!all.isEmpty())
        console.print({});
    for (const QString& line : all)
        console.print(line);
}

void PairSurvey::announce(Console& console) const
{
    for (const QString& line : lines(console))
        console.message(line);
}

} // namespace cutover::cli
