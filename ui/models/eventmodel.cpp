// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "eventmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QStringList>

#include <algorithm>
#include <ranges>

namespace cutover::ui {

/// Longer than this the window is not kept waiting.
static constexpr int sliceMs = 8;

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
    m_timer.setSingleShot(true);
    m_timer.setInterval(0);
    connect(&m_timer, &QTimer::timeout, this, &EventModel::scan);
    connect(&record, &timeline::Record::appended, this, &EventModel::scan);
    connect(&record, &timeline::Record::cleared, this, [this] {
        m_order.clear();
        m_names.clear();
        m_nameNumbers.clear();
        m_nameRanks.clear();
        restart();
    });
    scan();
}

void EventModel::setFilter(const EventFilter& filter)
{
    if (filter == m_filter)
        return;
    m_filter = filter;
    restart();
}

void EventModel::restart()
{
    beginResetModel();
    m_rows.clear();
    m_scanned = 0;
    endResetModel();
    scan();
}

void EventModel::extendKeys()
{
    const auto events = m_record.events();
    m_order.reserve(events.size());
    m_names.reserve(events.size());
    const std::size_t known = m_nameRanks.size();
    while (m_order.size() < events.size()) {
        const Event& event = events[m_order.size()];
        m_order.push_back(event.timeNs > 0 || m_order.empty() ? event.timeNs : m_order.back());
        auto number = m_nameNumbers.constFind(event.name);
        if (number == m_nameNumbers.constEnd()) {
            number = m_nameNumbers.insert(event.name, static_cast<quint32>(m_nameNumbers.size()));
            m_nameRanks.push_back(0);
        }
        m_names.push_back(*number);
    }
    if (m_nameRanks.size() != known)
        rankNames();
}

void EventModel::rankNames()
{
    QStringList names = m_nameNumbers.keys();
    names.sort(Qt::CaseInsensitive);
    for (qsizetype i = 0; i < names.size(); ++i)
        m_nameRanks[m_nameNumbers.value(names[i])] = static_cast<quint32>(i);
}

bool EventModel::accepts(const Event& event) const
{
    if ((m_filter.side && event.side != *m_filter.side)
        || (m_filter.category && event.category != *m_filter.category))
        return false;
    return m_filter.text.isEmpty() || event.name.contains(m_filter.text, Qt::CaseInsensitive)
        || attributesText(event.attributes).contains(m_filter.text, Qt::CaseInsensitive);
}

void EventModel::scan()
{
    extendKeys();
    const auto events = m_record.events();
    QElapsedTimer clock;
    clock.start();
    std::vector<quint32> fresh;
    for (; m_scanned < events.size(); ++m_scanned) {
        if (m_scanned % 256 == 0 && clock.hasExpired(sliceMs))
            break;
        if (accepts(events[m_scanned]))
            fresh.push_back(static_cast<quint32>(m_scanned));
    }
    insert(std::move(fresh));
    if (isBusy())
        m_timer.start();
    Q_EMIT progressed();
}

bool EventModel::isLess(quint32 a, quint32 b) const
{
    const auto byColumn = [this](quint32 event) -> quint32 {
        switch (m_column) {
        case SideColumn:
            return static_cast<quint32>(m_record.events()[event].side);
        case KindColumn:
            return static_cast<quint32>(m_record.events()[event].category);
        case NameColumn:
            return m_nameRanks[m_names[event]];
        default:
            return 0;
        }
    };
    const quint32 first = byColumn(a);
    const quint32 second = byColumn(b);
    const bool ascending = m_direction == Qt::AscendingOrder;
    if (first != second)
        return ascending ? first < second : first > second;
    // Within the same side or name time goes forward, whatever the direction.
    const bool forward = ascending || m_column != TimeColumn;
    if (m_order[a] != m_order[b])
        return forward ? m_order[a] < m_order[b] : m_order[a] > m_order[b];
    return forward ? a < b : a > b;
}

void EventModel::insert(std::vector<quint32> fresh)
{
    if (fresh.empty())
        return;
    const auto less = [this](quint32 a, quint32 b) { return isLess(a, b); };
    if (!std::ranges::is_sorted(fresh, less))
        std::ranges::sort(fresh, less);
    // Runs of new rows that stand together, from the last one on so that earlier places stay valid.
    struct Run
    {
        std::size_t place;
        std::size_t first;
        std::size_t end;
    };
    constexpr std::size_t mostRuns = 64;
    std::vector<Run> runs;
    for (std::size_t i = 0; i < fresh.size() && runs.size() <= mostRuns;) {
        const auto place = std::ranges::upper_bound(m_rows, fresh[i], less);
        const auto end = place == m_rows.end()
            ? fresh.end()
            : std::ranges::lower_bound(
                  fresh.begin() + static_cast<std::ptrdiff_t>(i), fresh.end(), *place, less);
        const auto next = static_cast<std::size_t>(end - fresh.begin());
        runs.push_back(
            { .place = static_cast<std::size_t>(place - m_rows.begin()), .first = i, .end = next });
        i = next;
    }
    if (runs.size() > mostRuns) {
        beginResetModel();
        const auto middle = static_cast<std::ptrdiff_t>(m_rows.size());
        m_rows.insert(m_rows.end(), fresh.begin(), fresh.end());
        std::ranges::inplace_merge(m_rows, m_rows.begin() + middle, less);
        endResetModel();
        return;
    }
    for (const Run& run : runs | std::views::reverse) {
        const auto count = static_cast<int>(run.end - run.first);
        const auto place = static_cast<int>(run.place);
        beginInsertRows({}, place, place + count - 1);
        m_rows.insert(m_rows.begin() + place, fresh.begin() + static_cast<std::ptrdiff_t>(run.first),
            fresh.begin() + static_cast<std::ptrdiff_t>(run.end));
        endInsertRows();
    }
}

void EventModel::sort(int column, Qt::SortOrder order)
{
    if (column < TimeColumn || column >= DetailsColumn || (column == m_column && order == m_direction))
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    std::vector<quint32> events;
    events.reserve(static_cast<std::size_t>(before.size()));
    for (const QModelIndex& index : before)
        events.push_back(m_rows[static_cast<std::size_t>(index.row())]);
    m_column = column;
    m_direction = order;
    std::ranges::sort(m_rows, [this](quint32 a, quint32 b) { return isLess(a, b); });
    QModelIndexList after;
    for (qsizetype i = 0; i < before.size(); ++i)
        after.append(index(rowOf(events[static_cast<std::size_t>(i)]), before[i].column()));
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

int EventModel::rowOf(std::size_t event) const
{
    if (event >= m_order.size())
        return -1;
    const auto wanted = static_cast<quint32>(event);
    const auto place
        = std::ranges::lower_bound(m_rows, wanted, [this](quint32 a, quint32 b) { return isLess(a, b); });
    return place != m_rows.end() && *place == wanted ? static_cast<int>(place - m_rows.begin()) : -1;
}

void EventModel::setTimeMode(TimeMode mode)
{
    if (mode == m_timeMode)
        return;
    m_timeMode = mode;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, TimeColumn), index(rowCount() - 1, TimeColumn), { Qt::DisplayRole });
    Q_EMIT headerDataChanged(Qt::Horizontal, TimeColumn, TimeColumn);
}

void EventModel::setOrigins(qint64 originNs, qint64 markerNs)
{
    if (originNs == m_originNs && markerNs == m_markerNs)
        return;
    m_originNs = originNs;
    m_markerNs = markerNs;
    if (!m_rows.empty() && (m_timeMode == TimeMode::FromOrigin || m_timeMode == TimeMode::FromMarker))
        Q_EMIT dataChanged(index(0, TimeColumn), index(rowCount() - 1, TimeColumn), { Qt::DisplayRole });
}

QString EventModel::timeText(int row) const
{
    const qint64 timeNs = m_record.events()[eventAt(row)].timeNs;
    if (timeNs <= 0)
        return {};
    const auto from = [timeNs](qint64 originNs) {
        return originNs > 0 ? signedDurationText(timeNs - originNs) : QString();
    };
    switch (m_timeMode) {
    case TimeMode::Clock:
        return clockText(timeNs);
    case TimeMode::FromOrigin:
        return from(m_originNs);
    case TimeMode::FromMarker:
        return from(m_markerNs);
    case TimeMode::FromPrevious:
        return row == 0 ? QString() : from(m_order[eventAt(row - 1)]);
    }
    return {};
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Event& event = m_record.events()[eventAt(index.row())];
    if (role == EventRole)
        return static_cast<qulonglong>(eventAt(index.row()));
    if (role == TimeRole)
        return event.timeNs;
    if (role == Qt::ToolTipRole && index.column() == DetailsColumn)
        return attributesText(event.attributes).left(2000);
    if (role == Qt::ToolTipRole && index.column() == TimeColumn)
        return clockText(event.timeNs);
    if (role == Qt::TextAlignmentRole && index.column() == TimeColumn && m_timeMode != TimeMode::Clock)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case TimeColumn:
        return timeText(index.row());
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
        switch (m_timeMode) {
        case TimeMode::Clock:
            return i18n("Time");
        case TimeMode::FromOrigin:
            return i18n("From the pause");
        case TimeMode::FromMarker:
            return i18n("From A");
        case TimeMode::FromPrevious:
            return i18n("Since the row above");
        }
        return {};
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

} // namespace cutover::ui
