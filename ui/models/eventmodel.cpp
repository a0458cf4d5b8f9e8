// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "eventmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <QJsonArray>
#include <QJsonDocument>
#include <QStringList>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

QString categoryTitle(Category category)
{
    switch (category) {
    case Category::QmpSent:
        return i18n("QMP sent");
    case Category::QmpReceived:
        return i18n("QMP received");
    case Category::QmpEvent:
        return i18n("QMP event");
    case Category::Trace:
        return i18n("Trace");
    case Category::Relay:
        return i18n("Relay");
    case Category::Action:
        return i18n("Action");
    case Category::State:
        return i18n("Session state");
    case Category::Process:
        return i18n("Process");
    case Category::Fd:
        return i18n("Descriptor");
    case Category::Inventory:
        return i18n("Devices");
    case Category::Check:
        return i18n("Check");
    case Category::Verdict:
        return i18n("Verdict");
    case Category::Pulse:
        return i18n("Pulse");
    case Category::Clock:
        return i18n("Clock");
    case Category::Endpoint:
        return i18n("Status");
    }
    return {};
}

static QString valueText(const QJsonValue& value)
{
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    if (value.isArray())
        return QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact));
    return value.toVariant().toString();
}

QString attributesText(const QJsonObject& attributes)
{
    if (attributes.size() == 1 && attributes.begin().value().isString())
        return attributes.begin().value().toString();
    QStringList parts;
    for (auto it = attributes.begin(); it != attributes.end(); ++it) {
        const QString text = valueText(it.value());
        if (!text.isEmpty())
            parts.append(it.key() + u'=' + text);
    }
    return parts.join(QStringLiteral(", "));
}

EventModel::EventModel(const timeline::Record& record, QObject* parent)
    : QAbstractTableModel(parent)
    , m_record(record)
{
    extendOrder(record.size());
    connect(&record, &timeline::Record::appended, this, &EventModel::take);
    connect(&record, &timeline::Record::cleared, this, [this] {
        beginResetModel();
        m_order.clear();
        endResetModel();
    });
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

void EventModel::extendOrder(std::size_t end)
{
    m_order.reserve(end);
    while (m_order.size() < end) {
        const qint64 timeNs = m_record.events()[m_order.size()].timeNs;
        m_order.push_back(timeNs > 0 || m_order.empty() ? timeNs : m_order.back());
    }
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const Event& event = m_record.events()[row];
    if (role == TimeRole)
        return event.timeNs;
    if (role == SortRole && index.column() == TimeColumn)
        return m_order[row];
    if (role == Qt::ToolTipRole && index.column() == DetailsColumn)
        return attributesText(event.attributes).left(2000);
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    switch (index.column()) {
    case TimeColumn:
        return clockText(event.timeNs);
    case SideColumn:
        return sideTitle(event.side);
    case KindColumn:
        return categoryTitle(event.category);
    case NameColumn:
        return event.name;
    case DetailsColumn:
        return attributesText(event.attributes).left(500);
    default:
        return {};
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn:
        return i18n("Time");
    case SideColumn:
        return i18n("Side");
    case KindColumn:
        return i18n("Kind");
    case NameColumn:
        return i18n("Event");
    case DetailsColumn:
        return i18n("Details");
    default:
        return {};
    }
}

void EventModel::take(std::size_t first, std::size_t count)
{
    beginInsertRows({}, static_cast<int>(first), static_cast<int>(first + count) - 1);
    extendOrder(first + count);
    endInsertRows();
}

} // namespace cutover::ui
