// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logmodel.h"
#include "qmp/messagehead.h"

#include <QHash>

namespace cutover::ui {

/// The QMP messages of both sides. A command and its answer are partners. KindRole is a MessageKind.
class QmpLogModel : public LogModel
{
    Q_OBJECT
public:
    using LogModel::LogModel;

    QStringList kinds() const override;
    LogDetails details(int row, bool pretty) const override;
    QString text(int row) const override;
    QString readable(int row) const override;
    /// Of the command, also for its answer; of the event.
    QString name(int row) const override;
    MessageKind messageKind(int row) const { return static_cast<MessageKind>(kind(row)); }

protected:
    std::optional<Row> classify(const timeline::Event& event, int number) override;
    void forget() override { m_pending.clear(); }
    Direction direction(int row) const override;
    QString remark(int row) const override;
    bool alarm(int row) const override;
    QString spoken(int row) const override;

private:
    QHash<QString, int> m_pending; ///< side and id of a command without its answer, to its row
};

} // namespace cutover::ui
