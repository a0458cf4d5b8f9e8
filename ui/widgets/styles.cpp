// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/styles.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

void styleTable(QTreeView* view)
{
    view->setUniformRowHeights(true);
    view->setAlternatingRowColors(true);
    view->setAllColumnsShowFocus(true);
    view->setFrameShape(QFrame::NoFrame);
    view->setTextElideMode(Qt::ElideRight);
    view->header()->setSectionsMovable(false);
}

QVBoxLayout* layOutPanel(QWidget* panel, QWidget* bar, QWidget* summary)
{
    auto* top = new QHBoxLayout(bar);
    top->setContentsMargins({});
    top->setSpacing(2);
    top->addWidget(summary, 1);
    auto* layout = new QVBoxLayout(panel);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addWidget(bar);
    return layout;
}

QLabel* textLabel(QWidget* parent, const QString& name)
{
    auto* label = new QLabel(parent);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setAccessibleName(name);
    return label;
}

} // namespace cutover::ui
