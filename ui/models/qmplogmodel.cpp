// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmplogmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <QJsonDocument>
#include <QJsonObject>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

static QString rawText(const Event& event)
{
    return event.attributes.value(QLatin1StringView("raw")).toString();
}

QmpLogModel::QmpLogModel(const timeline::Record& record, QObject* parent)
    : QAbstractListModel(parent)
    , m_record(record)
{
    take(0, record.size());
    connect(&record, &timeline::Record::appended, this, &QmpLogModel::take);
    connect(&record, &timeline::Record::cleared, this, [this] {
        beginResetModel();
        m_rows.clear();
        m_pending.clear();
        endResetModel();
    });
}

int QmpLogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant QmpLogModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const Event& event = m_record.events()[row.event];
    switch (role) {
    case Qt::DisplayRole:
    case RawRole:
        return rawText(event);
    case Qt::AccessibleTextRole:
        return spoken(row);
    case SideRole:
        return static_cast<int>(event.side);
    case SentRole:
        return event.category == Category::QmpSent;
    case KindRole:
        return static_cast<int>(row.kind);
    case TimeRole:
        return event.timeNs;
    case LatencyRole:
        return row.latencyNs;
    case PartnerRole:
        return row.partner;
    case NameRole:
        return nameOf(row);
    case EventRole:
        return static_cast<qulonglong>(row.event);
    default:
        return {};
    }
}

QString QmpLogModel::nameOf(const Row& row) const
{
    const bool answers = row.partner >= 0 && row.kind != Kind::Command;
    const Row& named = answers ? m_rows[static_cast<std::size_t>(row.partner)] : row;
    return m_record.events()[named.event].name;
}

QString QmpLogModel::spoken(const Row& row) const
{
    const Event& event = m_record.events()[row.event];
    return event.category == Category::QmpSent
        ? i18nc("a QMP message", "to the %1: %2", sideTitle(event.side), rawText(event))
        : i18nc("a QMP message", "from the %1: %2", sideTitle(event.side), rawText(event));
}

QmpLogModel::Row QmpLogModel::classify(std::size_t number)
{
    const Event& event = m_record.events()[number];
    const QJsonObject message = QJsonDocument::fromJson(rawText(event).toUtf8()).object();
    const auto has = [&message](QLatin1StringView key) { return message.contains(key); };
    Row row{ .event = number };
    if (has(QLatin1StringView("execute")) || has(QLatin1StringView("exec-oob")))
        row.kind = Kind::Command;
    else if (has(QLatin1StringView("return")))
        row.kind = Kind::Return;
    else if (has(QLatin1StringView("error")))
        row.kind = Kind::Error;
    else if (has(QLatin1StringView("event")))
        row.kind = Kind::Event;
    else if (has(QLatin1StringView("QMP")))
        row.kind = Kind::Greeting;

    const QJsonValue id = message.value(QLatin1StringView("id"));
    if (id.isUndefined())
        return row;
    const QString key = sideId(event.side) + u'/' + id.toVariant().toString();
    if (row.kind == Kind::Command) {
        m_pending.insert(key, static_cast<int>(m_rows.size()));
    } else if (row.kind == Kind::Return || row.kind == Kind::Error) {
        row.partner = m_pending.value(key, -1);
        m_pending.remove(key);
    }
    if (row.partner >= 0) {
        Row& command = m_rows[static_cast<std::size_t>(row.partner)];
        command.partner = static_cast<int>(m_rows.size());
        row.latencyNs = event.timeNs - m_record.events()[command.event].timeNs;
    }
    return row;
}

void QmpLogModel::take(std::size_t first, std::size_t count)
{
    std::vector<std::size_t> found;
    for (std::size_t i = first; i < first + count; ++i) {
        const Category category = m_record.events()[i].category;
        if (category == Category::QmpSent || category == Category::QmpReceived)
            found.push_back(i);
    }
    if (found.empty())
        return;
    const int before = static_cast<int>(m_rows.size());
    beginInsertRows({}, before, before + static_cast<int>(found.size()) - 1);
    for (const std::size_t number : found)
        m_rows.push_back(classify(number));
    endInsertRows();
}

} // namespace cutover::ui
