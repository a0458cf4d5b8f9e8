// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/parametersmodel.h"

#include <KLocalizedString>

#include <QFont>
#include <QJsonDocument>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using Type = ParameterRow::Type;

namespace {

QString unitOf(const QString& name)
{
    if (name.endsWith(u"-limit") && name != u"vcpu-dirty-limit")
        return i18nc("milliseconds", "ms");
    if (name.startsWith(u"announce-") && name != u"announce-rounds")
        return i18nc("milliseconds", "ms");
    if (name.endsWith(u"-delay") || name.endsWith(u"-period"))
        return i18nc("milliseconds", "ms");
    if (name.endsWith(u"-bandwidth"))
        return i18nc("bytes per second", "B/s");
    if (name == u"vcpu-dirty-limit")
        return i18nc("megabytes per second", "MB/s");
    if (name.contains(u"throttle") && name != u"cpu-throttle-tailslow")
        return i18nc("percent", "%");
    if (name == u"xbzrle-cache-size")
        return i18nc("bytes", "B");
    return {};
}

Type typeOf(const qmp::Schema& schema, const QString& path)
{
    const QString json = schema.jsonType(path);
    if (json == u"boolean")
        return Type::Switch;
    if (!schema.enumValues(path).isEmpty() && json == u"string")
        return Type::Choice;
    if (json == u"int")
        return Type::Integer;
    if (json == u"number")
        return Type::Number;
    return json == u"string" || json == u"null" ? Type::Text : Type::Fixed;
}

ParameterRow absent(const QString& name, const QString& why)
{
    return { .name = name, .type = Type::Fixed, .choices = {}, .unit = {}, .now = {}, .remark = why };
}

QString text(const QJsonValue& value, const QString& unit)
{
    QString shown;
    if (value.isBool())
        shown = value.toBool() ? i18nc("a switch", "on") : i18nc("a switch", "off");
    else if (value.isDouble() && value.toDouble() == static_cast<double>(value.toInteger()))
        shown = QLocale().toString(value.toInteger());
    else if (value.isDouble())
        shown = QLocale().toString(value.toDouble());
    else if (value.isArray())
        shown = QString::fromUtf8(QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact));
    else
        shown = value.toString();
    return shown.isEmpty() || unit.isEmpty() ? shown : i18nc("number unit", "%1 %2", shown, unit);
}

} // namespace

std::vector<ParameterRow> parameterRows(const op::Facts* source)
{
    std::vector<ParameterRow> rows;
    if (!source || !source->schema)
        return rows;
    const qmp::Schema& schema = *source->schema;
    const QString command = u"migrate-set-parameters"_s;
    QStringList names = schema.arguments(command);
    names.removeAll(u"mode"_s);
    names.sort();
    for (const QString& name : std::as_const(names)) {
        const QString path = command + u'.' + name;
        ParameterRow row{ .name = name,
            .type = typeOf(schema, path),
            .choices = {},
            .unit = unitOf(name),
            .now = source->parameters.contains(name) ? source->parameters[name]
                                                     : QJsonValue(QJsonValue::Undefined),
            .remark = {} };
        if (row.type == Type::Choice)
            row.choices = schema.enumValues(path);
        const QStringList features = schema.features(path);
        if (row.type == Type::Fixed)
            row.remark = i18n("A list: set it over QMP.");
        else if (features.contains(u"deprecated"_s))
            row.remark = i18n("Will go away in a later version.");
        else if (features.contains(u"unstable"_s))
            row.remark = i18n("Can change in a later version.");
        rows.push_back(row);
    }
    const QString version = source->version.toString();
    if (!names.contains(u"handover"_s))
        rows.push_back(
            absent(u"handover"_s, i18n("The order of the switchover can be chosen with cutover-vmm only.")));
    if (!names.contains(u"migrate-fds"_s) && !names.contains(u"local"_s))
        rows.push_back(absent(u"migrate-fds"_s,
            i18n(
                "This source (version %1) has no switch for passing fds; QEMU calls it “local” from 11.2 on.",
                version)));
    return rows;
}

static QString recordedRemark(
    const op::VmmSetting& of, const op::VmmSetting* destination, const QString& unit)
{
    QStringList parts;
    if (of.isCapability)
        parts.append(i18n("capability"));
    if (const QString origin = op::originText(of.origin); !origin.isEmpty())
        parts.append(origin);
    if (destination && destination->value != of.value)
        parts.append(i18nc("a value", "destination: %1", text(destination->value, unit)));
    return parts.join(u"; "_s);
}

std::vector<ParameterRow> recordedRows(const op::VmmSettings& source, const op::VmmSettings& destination)
{
    std::vector<ParameterRow> rows;
    for (const op::VmmSetting& setting : source) {
        const auto other = std::ranges::find_if(destination, [&setting](const op::VmmSetting& each) {
            return each.name == setting.name && each.isCapability == setting.isCapability;
        });
        const QString unit = unitOf(setting.name);
        rows.push_back({ .name = setting.name,
            .type = Type::Recorded,
            .choices = {},
            .unit = unit,
            .now = setting.value,
            .remark = recordedRemark(setting, other == destination.end() ? nullptr : &*other, unit) });
    }
    return rows;
}

void ParametersModel::setRows(std::vector<ParameterRow> rows)
{
    if (rows == m_rows)
        return;
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

void ParametersModel::setChosen(const QJsonObject& parameters)
{
    if (parameters == m_chosen)
        return;
    m_chosen = parameters;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QJsonValue ParametersModel::valueOf(const ParameterRow& row) const
{
    return m_chosen.contains(row.name) ? m_chosen[row.name] : row.now;
}

void ParametersModel::reset(int row)
{
    choose(row, QJsonValue::Undefined);
}

void ParametersModel::choose(int row, const QJsonValue& value)
{
    const ParameterRow& parameter = m_rows[static_cast<std::size_t>(row)];
    const QJsonValue before = valueOf(parameter);
    // The source's own value is no choice: the destination gets the same from its command line.
    if (value.isUndefined() || value == parameter.now)
        m_chosen.remove(parameter.name);
    else
        m_chosen.insert(parameter.name, value);
    if (valueOf(parameter) == before)
        return;
    Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
    Q_EMIT edited();
}

int ParametersModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ParametersModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ParametersModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ParameterRow& parameter = row(index.row());
    const bool isChosen = m_chosen.contains(parameter.name);
    const bool isValue = index.column() == ValueColumn;
    const QJsonValue value = valueOf(parameter);
    if (role == RowRole)
        return QVariant::fromValue(static_cast<const void*>(&parameter));
    if (role == Qt::CheckStateRole && isValue && parameter.type == Type::Switch)
        return value.toBool() ? Qt::Checked : Qt::Unchecked;
    if (role == Qt::EditRole && isValue)
        return value.toVariant();
    if (role == Qt::FontRole) {
        QFont font;
        font.setBold(isChosen);
        return font;
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case NameColumn:
        return parameter.name;
    case ValueColumn:
        return text(value, parameter.unit);
    case NowColumn:
        return text(parameter.now, parameter.unit);
    case RemarkColumn:
        return parameter.remark;
    default:
        return {};
    }
}

bool ParametersModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || !(flags(index) & Qt::ItemIsEnabled)
        || index.column() != ValueColumn)
        return false;
    switch (row(index.row()).type) {
    case Type::Switch:
        if (role != Qt::CheckStateRole)
            return false;
        choose(index.row(), value.toInt() == Qt::Checked);
        return true;
    case Type::Choice:
    case Type::Text:
        choose(index.row(), value.toString());
        return role == Qt::EditRole;
    case Type::Integer:
        choose(index.row(), QJsonValue(static_cast<qint64>(value.toDouble())));
        return role == Qt::EditRole;
    case Type::Number:
        choose(index.row(), value.toDouble());
        return role == Qt::EditRole;
    case Type::Fixed:
    case Type::Recorded:
        return false;
    }
    return false;
}

Qt::ItemFlags ParametersModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    const Type type = row(index.row()).type;
    if (type == Type::Fixed)
        return Qt::ItemIsSelectable;
    if (type == Type::Recorded)
        return Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    if (index.column() == ValueColumn)
        flags |= type == Type::Switch ? Qt::ItemIsUserCheckable : Qt::ItemIsEditable;
    return flags;
}

QVariant ParametersModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return i18n("Parameter");
    case ValueColumn:
        return i18n("For this migration");
    case NowColumn:
        return i18n("In the source");
    case RemarkColumn:
        return i18n("Remark");
    default:
        return {};
    }
}

} // namespace cutover::ui
