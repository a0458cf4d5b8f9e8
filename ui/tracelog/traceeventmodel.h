// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tracelog/tracestates.h"

#include <QAbstractListModel>

namespace cutover::ui {

/// The trace events of one VMM with a switch each: those that are on first, then by name.
class TraceEventModel : public QAbstractListModel
{
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Of Qt::CheckStateRole: asks with switchRequested(); the model changes once the VMM has answered.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

    /// Events that are listed already keep their places.
    void setEvents(const QMap<QString, bool>& events);
    void setEditable(bool editable);

Q_SIGNALS:
    void switchRequested(const QString& event, bool on);

private:
    struct Row
    {
        QString name;
        bool on = false;
    };

    QList<Row> m_rows;
    bool m_editable = false;
};

} // namespace cutover::ui
