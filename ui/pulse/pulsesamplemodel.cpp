// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsesamplemodel.h"

#include "format.h"

#include <KLocalizedString>

#include <QLocale>

#include <algorithm>

namespace cutover::ui {

using timeline::Heartbeat;

void PulseSampleModel::setSamples(const std::vector<Heartbeat>& samples)
{
    const std::size_t known = m_samples.size();
    if (samples.size() == known && samples == m_samples)
        return;
    const bool grows
        = samples.size() > known && std::equal(m_samples.begin(), m_samples.end(), samples.begin());
    if (!grows) {
        beginResetModel();
        m_samples = samples;
        endResetModel();
        return;
    }
    beginInsertRows({}, 0, static_cast<int>(samples.size() - known) - 1);
    m_samples = samples;
    endInsertRows();
}

int PulseSampleModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_samples.size());
}

int PulseSampleModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PulseSampleModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const std::size_t place = m_samples.size() - 1 - static_cast<std::size_t>(index.row());
    const Heartbeat& sample = m_samples[place];
    if (role == Qt::TextAlignmentRole)
        return QVariant(index.column() >= BeatsColumn ? Qt::AlignRight | Qt::AlignVCenter
                                                      : Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QLocale locale;
    switch (index.column()) {
    case TimeColumn:
        return clockText(sample.timeNs);
    case SideColumn:
        return sideTitle(sample.side);
    case BeatsColumn:
        return locale.toString(sample.beats);
    case RateColumn: {
        const auto rate = place == 0 ? std::nullopt : timeline::beatsPerSecond(m_samples[place - 1], sample);
        return rate ? locale.toString(*rate, 'f', 0) : QStringLiteral("–");
    }
    case GapColumn:
        return durationText(sample.longestGapNs);
    case BlocksColumn:
        return locale.toString(sample.blocksVerified);
    default:
        return {};
    }
}

QVariant PulseSampleModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case TimeColumn:
        return i18n("Time");
    case SideColumn:
        return i18n("Asked of");
    case BeatsColumn:
        return i18n("Beats");
    case RateColumn:
        return i18n("Beats/s");
    case GapColumn:
        return i18n("Longest gap");
    case BlocksColumn:
        return i18n("Blocks compared");
    default:
        return {};
    }
}

} // namespace cutover::ui
