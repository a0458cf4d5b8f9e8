// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "operator/rescue.h"

#include <QJsonArray>
#include <QObject>

#include <memory>
#include <vector>

namespace cutover::cli {

/// The migrations of this boot whose console ended before they did, and where their guests are.
class PairSurvey : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Asks both sides of each; leads to done(), never from inside it.
    void start();
    /// Connections to the VMMs are given up: a monitor serves one client.
    void letGo();

    bool isEmpty() const { return m_pairs.empty(); }
    std::size_t size() const { return m_pairs.size(); }
    op::RescueOperation& operation(std::size_t index) { return *m_pairs.at(index); }
    const op::RescueOperation& operation(std::size_t index) const { return *m_pairs.at(index); }

    QJsonArray toJson() const;
    /// On standard output, below a list.
    void print(Console& console) const;
    /// On standard error, before something else is done.
    void announce(Console& console) const;

Q_SIGNALS:
    void done();

private:
    QStringList lines(const Console& console) const;

    std::vector<std::unique_ptr<op::RescueOperation>> m_pairs;
    QList<Error> m_problems; ///< damaged journals
    std::size_t m_waiting = 0;
};

/// Which pair it is, and what its processes do.
QStringList pairLines(const Console& console, const op::PairEvidence& evidence);
QJsonObject pairJson(const op::RescueOperation& operation);
/// "cutoverctl rescue --pair FOLDER"
QString rescueLine(const op::PairJournal& journal);

} // namespace cutover::cli
