// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLabel>

class QAbstractItemView;

namespace cutover::ui {

/// Says in an empty view what would fill it. Belongs to the view, whose model must be set.
class EmptyHint : public QLabel
{
    Q_OBJECT
public:
    EmptyHint(const QString& text, QAbstractItemView* view);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();

    QAbstractItemView* m_view;
};

} // namespace cutover::ui
