// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QStyledItemDelegate>

namespace cutover::ui {

/// Gives cells the colour of what they mean, from a role of the model that holds a Rank or an
/// op::Verdict. The text says the same in words.
class RankDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    enum class Scale : std::uint8_t { Rank, Verdict };
    RankDelegate(Scale scale, int role, QObject* parent = nullptr);

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    Scale m_scale;
    int m_role;
};

} // namespace cutover::ui
