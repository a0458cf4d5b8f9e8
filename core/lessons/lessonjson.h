// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/side.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <optional>

namespace cutover::lessons {

/// The members of an object of a lesson, each with its type. The first fault is kept, so that an object can
/// be read in one go and be judged at the end.
class Fields
{
public:
    explicit Fields(const QJsonValue& value);

    bool has(QLatin1StringView name) const { return m_object.contains(name); }
    QString text(QLatin1StringView name, bool required = false);
    int number(QLatin1StringView name);
    bool flag(QLatin1StringView name, bool otherwise = false);
    QJsonObject object(QLatin1StringView name);
    QJsonArray array(QLatin1StringView name);
    QStringList texts(QLatin1StringView name);
    Side side(QLatin1StringView name, Side otherwise); ///< source or destination
    /// What a name that is required stands for in a table of (name, value).
    template <typename Table>
    auto choice(QLatin1StringView name, const Table& table)
    {
        const QString word = text(name, true);
        for (const auto& [id, value] : table) {
            if (id == word)
                return value;
        }
        if (m_fault.isEmpty())
            unknown(name, word);
        return table.begin()->second;
    }
    void fail(const QString& fault);

    /// The fault; a member that nobody has asked for is one too. Empty when there is none.
    QString fault() const;

private:
    QJsonValue take(QLatin1StringView name, QJsonValue::Type type, bool required = false);
    void unknown(QLatin1StringView name, const QString& word);

    QJsonObject m_object;
    QStringList m_known;
    QString m_fault;
};

std::unexpected<Error> malformed(const QString& where, const QString& cause);

} // namespace cutover::lessons
