// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace cutover::op {

/// The argument of an option in QEMU's spelling: "implied,key=value,flag,key=a,,b" (",," is a comma
/// inside a value), or a JSON object. Order and spelling of what is not changed are kept.
class OptionValue
{
public:
    struct Item
    {
        QString key; ///< empty: written without '='
        QString value;
        bool operator==(const Item&) const = default;
    };

    /// Only malformed JSON is an error.
    static Result<OptionValue> parse(const QString& text);

    bool isJson() const { return m_json; }
    const std::vector<Item>& items() const { return m_items; } ///< empty for JSON
    const QJsonObject& object() const { return m_object; }

    /// The first item if it was written without '=', as in "socket,id=a"; empty for JSON.
    QString implied() const;
    /// Value of \a key: dotted keys reach into JSON. The last one written wins. Numbers and booleans of
    /// JSON come as text ("on", "off").
    std::optional<QString> get(QStringView key) const;
    /// The first of several spellings that is there, or the implied item if \a alsoImplied.
    QString get(std::initializer_list<QStringView> keys, bool alsoImplied = false) const;
    /// on/off/yes/no/true/false, a bare "key", a bare "nokey"; nullopt if absent.
    std::optional<bool> flag(QStringView key) const;

    /// Replaces every spelling of \a key (also "key", "nokey") in the place of the first, or appends.
    void set(const QString& key, const QString& value);
    void setFlag(const QString& key, bool on);
    void setImplied(const QString& value);
    void remove(const QString& key);

    QString toString() const;
    bool operator==(const OptionValue&) const = default;

private:
    bool m_json = false;
    std::vector<Item> m_items;
    QJsonObject m_object;
};

} // namespace cutover::op
