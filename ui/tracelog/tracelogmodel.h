// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logmodel.h"

#include <QSet>

namespace cutover::ui {

/// The trace lines of both sides, and what their processes wrote besides: messages in the log, stderr.
class TraceLogModel : public LogModel
{
    Q_OBJECT
public:
    enum class LineKind : std::uint8_t { Trace, Message };

    using LogModel::LogModel;

    QStringList kinds() const override;
    /// The trace events seen so far.
    QStringList names() const override;
    LogDetails details(int row, bool pretty) const override;
    QString text(int row) const override;
    QString searchText(int row) const override;

protected:
    std::optional<Row> classify(const timeline::Event& event, int number) override;
    void forget() override { m_names.clear(); }
    QString remark(int row) const override;
    bool alarm(int row) const override;
    QString spoken(int row) const override;

private:
    QSet<QString> m_names;
};

} // namespace cutover::ui
