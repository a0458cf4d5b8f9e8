// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/tablepanel.h"

#include "widgets/columnfit.h"
#include "widgets/styles.h"

#include <KLocalizedString>
#include <KSqueezedTextLabel>

#include <QFocusEvent>
#include <QHeaderView>
#include <QLabel>
#include <QTreeView>
#include <QVBoxLayout>

namespace cutover::ui {

TablePanel::TablePanel(
    const QString& name, const QString& emptyText, QAbstractItemModel* model, QWidget* parent)
    : QWidget(parent)
    , m_summary(new KSqueezedTextLabel(this))
    , m_view(new QTreeView(this))
    , m_empty(new QLabel(emptyText, this))
{
    m_summary->setTextElideMode(Qt::ElideRight);
    m_summary->setAccessibleName(i18n("%1: summary", name));
    m_view->setModel(model);
    m_view->setAccessibleName(name);
    m_view->setRootIsDecorated(false);
    m_view->setMinimumHeight(fontMetrics().height() * 5 / 2); // the headings and a row
    styleTable(m_view);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_empty->setMargin(8);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(2);
    layout->addWidget(m_summary);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_empty, 1);
    for (auto signal : { &QAbstractItemModel::modelReset })
        connect(model, signal, this, &TablePanel::updateEmpty);
    connect(model, &QAbstractItemModel::rowsInserted, this, &TablePanel::updateEmpty);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &TablePanel::updateEmpty);
    updateEmpty();
    setSummary({});
}

void TablePanel::focusInEvent(QFocusEvent* event)
{
    m_view->setFocus(event->reason());
}

void TablePanel::setSummary(const QString& text)
{
    m_summary->setText(text);
    m_summary->setVisible(!text.isEmpty());
}

void TablePanel::setColumnWidths(const QList<int>& characters)
{
    new ColumnFit(m_view, characters);
}

void TablePanel::setBanner(QWidget* banner)
{
    static_cast<QVBoxLayout*>(layout())->insertWidget(1, banner);
}

void TablePanel::updateEmpty()
{
    const bool empty = m_view->model()->rowCount() == 0;
    m_view->setVisible(!empty);
    m_empty->setVisible(empty);
}

} // namespace cutover::ui
