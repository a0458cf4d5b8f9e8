// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/columnfit.h"

#include <QEvent>
#include <QHeaderView>
#include <QScopedValueRollback>
#include <QTreeView>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

ColumnFit::ColumnFit(QTreeView* view, const QList<int>& characters)
    : QObject(view)
    , m_view(view)
    , m_characters(characters)
{
    view->viewport()->installEventFilter(this);
    connect(view->header(), &QHeaderView::sectionResized, this, [this](int column) {
        // One that follows its contents.
        if (!m_fitting && m_characters.value(column) == 0)
            fit();
    });
    fit();
}

bool ColumnFit::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize && m_view->viewport()->width() != m_width)
        fit();
    return QObject::eventFilter(watched, event);
}

void ColumnFit::fit()
{
    m_width = m_view->viewport()->width();
    QHeaderView* header = m_view->header();
    const int letter = m_view->fontMetrics().averageCharWidth();
    const auto least = [&](int column) {
        return std::min(m_characters[column] * letter, header->sectionSizeHint(column));
    };
    int missing = -m_width;
    int spare = 0;
    for (int column = 0; column < header->count(); ++column) {
        if (header->isSectionHidden(column))
            continue;
        const bool fitted = column < m_characters.size() && m_characters[column] > 0;
        missing += fitted ? m_characters[column] * letter : header->sectionSize(column);
        spare += fitted ? m_characters[column] * letter - least(column) : 0;
    }
    missing = std::clamp(missing, 0, spare);
    const QScopedValueRollback fitting(m_fitting, true);
    // The last one is stretched by the header.
    for (int column = 0; column < std::min<qsizetype>(header->count() - 1, m_characters.size()); ++column) {
        if (m_characters[column] == 0 || header->isSectionHidden(column))
            continue;
        const int wanted = m_characters[column] * letter;
        const double share = spare == 0 ? 0 : static_cast<double>(wanted - least(column)) / spare;
        header->resizeSection(column, wanted - static_cast<int>(std::ceil(share * missing)));
    }
}

} // namespace cutover::ui
